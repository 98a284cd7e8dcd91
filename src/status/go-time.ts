// Times as Go's encoding/json writes them: RFC 3339 without trailing zeros.

/** undefined: Go's zero time. */
export function goTime(ms: number | undefined): string {
  if (ms === undefined) return '0001-01-01T00:00:00Z';
  return new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z');
}
