// Which destinations are to be checked for wrong flows.
import type { UdpDestination } from './flow-table.ts';

export interface PendingCheck {
  /** Those that changed, by text. */
  readonly destinations: ReadonlyMap<string, UdpDestination>;
  /** Check all others too. */
  readonly isComplete: boolean;
}

export const NOTHING_TO_CHECK: PendingCheck = { destinations: new Map(), isComplete: false };

/**
 * The kernel walks through its whole table for each destination, in a tenth of the time that it takes to tell of all flows
 * (0.1 s for 500,000).
 */
const MAX_DESTINATIONS_APART = 8;

export function isWorthChecking({ destinations, isComplete }: PendingCheck): boolean {
  return isComplete || destinations.size > 0;
}

export function checkAlso(check: PendingCheck, destinations: Iterable<UdpDestination>): PendingCheck {
  const added = new Map(Array.from(destinations, (destination) => [textOf(destination), destination]));
  return { ...check, destinations: new Map([...check.destinations, ...added]) };
}

export function mergeChecks(a: PendingCheck, b: PendingCheck): PendingCheck {
  return { ...checkAlso(a, b.destinations.values()), isComplete: a.isComplete || b.isComplete };
}

/** What to ask the table for, one listing each; undefined: all flows. */
export function listingsFor({
  destinations,
  isComplete,
}: PendingCheck): readonly (UdpDestination | undefined)[] {
  if (isComplete || destinations.size > MAX_DESTINATIONS_APART) return [undefined];
  return [...destinations.values()];
}

function textOf({ ip, port }: UdpDestination): string {
  return `${ip ?? ''}:${port}`;
}
