// Collects what decoding had to leave out of a record, in sentences for people.

/** A hostile object with thousands of bad fields must not fill the memory with complaints. */
const MAX_PROBLEMS = 10;
const MAX_QUOTED_CHARS = 64;

/** Adds one sentence, such as `spec.ports[1].port 70000 is out of range`; from the eleventh on only `and more`. */
export function addProblem(problems: string[], field: string, value: unknown, verdict: string): void {
  if (problems.length < MAX_PROBLEMS) problems.push(`${field} ${quote(value)} ${verdict}`);
  else if (problems.length === MAX_PROBLEMS) problems.push('and more');
}

function quote(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '(an array)' : '(an object)';
  const text = JSON.stringify(value) ?? '(missing)';
  if (text.length <= MAX_QUOTED_CHARS) return text;
  // Through a buffer, because a slice would keep the whole string in memory.
  return Buffer.from(`${text.slice(0, MAX_QUOTED_CHARS)}…`).toString();
}
