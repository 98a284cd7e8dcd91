// Commits what can be committed: when the kernel refuses a change, finds the service ports at fault and commits the rest.
import type { ApplyResult } from '../dataplane/dataplane.ts';
import type { ServicePortKey } from '../model/names.ts';

/** Commits the given service ports of a change, and what the change says beside them; all or nothing. */
export type TryCommit = (keys: readonly ServicePortKey[]) => Promise<ApplyResult>;

export type Outcome =
  /** All is committed but for those at fault, each with the kernel's words. */
  | { readonly ok: true; readonly refused: ReadonlyMap<ServicePortKey, string> }
  /** No service port is at fault, or a transient trouble got in the way: try everything again later. */
  | { readonly ok: false; readonly error: string; readonly isTransient: boolean };

/**
 * Tries all at once. When that is refused, splits: those that the refusal names from the rest, or, when it names none,
 * one half from the other, until each refusal is about one service port alone. A named one is refused only after it
 * failed by itself, so a wrong name does no harm. k faults among n cost about k · log2 n tries when nothing is named.
 */
export async function applyAround(keys: readonly ServicePortKey[], tryCommit: TryCommit): Promise<Outcome> {
  const result = await tryCommit(keys);
  if (!result.ok && !result.isTransient && result.suspects.length === 0) {
    // A fault outside all service ports would fail every part: look once before trying thousands.
    const alone = await tryCommit([]);
    if (!alone.ok) return failure(alone);
  }
  const outcome = await settle(keys, result, tryCommit);
  if (!outcome.ok || outcome.refused.size === 0 || outcome.refused.size < keys.length) return outcome;
  // No part was committed that would have brought what the change says beside its service ports.
  const rest = await tryCommit([]);
  return rest.ok ? outcome : failure(rest);
}

async function settle(
  keys: readonly ServicePortKey[],
  result: ApplyResult,
  tryCommit: TryCommit,
): Promise<Outcome> {
  if (result.ok) return { ok: true, refused: new Map() };
  if (result.isTransient || keys.length === 0) return failure(result);
  if (keys.length === 1) return { ok: true, refused: new Map(keys.map((key) => [key, result.error])) };

  const refused = new Map<ServicePortKey, string>();
  for (const part of split(keys, result.suspects)) {
    const outcome = await settle(part, await tryCommit(part), tryCommit);
    if (!outcome.ok) return outcome;
    for (const [key, reason] of outcome.refused) refused.set(key, reason);
  }
  return { ok: true, refused };
}

/** The unnamed first: they are the many that should not wait. */
function split(
  keys: readonly ServicePortKey[],
  suspects: readonly ServicePortKey[],
): readonly (readonly ServicePortKey[])[] {
  const named = new Set(suspects);
  const rest = keys.filter((key) => !named.has(key));
  if (rest.length > 0 && rest.length < keys.length) return [rest, keys.filter((key) => named.has(key))];
  const middle = Math.ceil(keys.length / 2);
  return [keys.slice(0, middle), keys.slice(middle)];
}

function failure(result: Extract<ApplyResult, { ok: false }>): Outcome {
  return { ok: false, error: result.error, isTransient: result.isTransient };
}
