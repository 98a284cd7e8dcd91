// Goes through the kernel's flows part by part and deletes the stale ones.
import type { IpFamily } from '../model/ip.ts';
import type { FlowTable, UdpDestination, UdpFlow } from './flow-table.ts';
import type { Pace } from './pace.ts';

export interface RemovalOptions<Flow extends UdpFlow> {
  readonly table: FlowTable<Flow>;
  readonly family: IpFamily;
  /** What to list, one after the other; undefined: all flows. */
  readonly destinations: readonly (UdpDestination | undefined)[];
  readonly isStale: (flow: UdpFlow) => boolean;
  /** Resolves when flows may be judged: right after it, a part is, without a turn of the event loop between. */
  readonly untilJudgeable: () => Promise<void>;
  readonly pace: Pace;
  /** Ends it after the part at hand. */
  readonly signal: AbortSignal;
}

export interface RemovalTally {
  /** Flows that the kernel told of. */
  readonly listed: number;
  readonly removed: number;
}

/** Rejects when the kernel refuses. */
export async function removeStaleFlows<Flow extends UdpFlow>(
  options: RemovalOptions<Flow>,
): Promise<RemovalTally> {
  const { table, family, destinations, untilJudgeable, pace, signal } = options;
  const tally = { listed: 0, removed: 0 };
  for (const destination of destinations) {
    for await (const part of table.udpFlows({ family, destination })) {
      await untilJudgeable();
      if (signal.aborted) return tally;
      const startedMs = performance.now();
      const { listed, removed } = removeStaleOf(part, options);
      tally.listed += listed;
      tally.removed += removed;
      await pace.restAfter(performance.now() - startedMs, signal);
    }
  }
  return tally;
}

function removeStaleOf<Flow extends UdpFlow>(
  part: Iterable<Flow>,
  { table, isStale }: Pick<RemovalOptions<Flow>, 'table' | 'isStale'>,
): RemovalTally {
  const stale: Flow[] = [];
  let listed = 0;
  for (const flow of part) {
    listed++;
    if (isStale(flow)) stale.push(flow);
  }
  return { listed, removed: table.delete(stale) };
}
