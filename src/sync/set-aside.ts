// Service ports that the kernel refuses: kept apart so that the others go on, and tried again with back-off.
import type { ServicePortKey } from '../model/names.ts';
import type { SetAsideEntry } from '../status/snapshot.ts';
import { backoffMs } from '../util/backoff.ts';

export type SetAside = ReadonlyMap<ServicePortKey, SetAsideEntry>;

const RETRY = { firstMs: 5_000, maxMs: 5 * 60_000 };

/** The table after a sync that tried `tried` and was refused `refused`: what was tried and not refused leaves. */
export function afterSync(
  before: SetAside,
  tried: Iterable<ServicePortKey>,
  refused: ReadonlyMap<ServicePortKey, string>,
  { nowMs, random }: { readonly nowMs: number; readonly random: number },
): SetAside {
  const after = new Map(before);
  for (const key of tried) after.delete(key);
  for (const [key, reason] of refused) {
    const { sinceMs = nowMs, failures = 0 } = before.get(key) ?? {};
    const nextTryMs = nowMs + backoffMs(RETRY, failures + 1, random);
    after.set(key, { key, reason, sinceMs, failures: failures + 1, nextTryMs });
  }
  return after;
}

/** Those whose time to be tried again has come. */
export function dueForRetry(table: SetAside, nowMs: number): ServicePortKey[] {
  return [...table.values()].filter((entry) => entry.nextTryMs <= nowMs).map((entry) => entry.key);
}

/** When the first of them is to be tried again; undefined if there is none. */
export function nextRetryAt(table: SetAside): number | undefined {
  return table.size === 0 ? undefined : Math.min(...Array.from(table.values(), (entry) => entry.nextTryMs));
}
