// Connections through two ClusterIPs, one of each family, while something happens to the rules: new ones all the time, and
// one that lasts.
import type { Running } from '../../../src/lab/place.ts';
import type { LoopReport } from '../../../src/lab/traffic/probe-loop.ts';
import { tally } from '../../../src/lab/traffic/tally.ts';
import type { TransferReport } from '../../../src/lab/traffic/transfer.ts';
import type { Bed } from './bed.ts';

export interface TrafficReport {
  readonly connections: number;
  /** How often each error came, in new connections and in the lasting ones. */
  readonly errors: Readonly<Record<string, number>>;
  /** Messages that came back over the lasting connections. */
  readonly echoes: number;
}

/** shop/web and shop/web-dual. */
export const TARGETS = ['10.96.1.1', 'fd00:10:96::102'] as const;

/** Conntrack remembers that a first packet met no rule, so a connection that falls into a gap never comes through. */
export const CONNECT_TIMEOUT_MS = 3_000;
const EVERY_MS = 8;

export class Traffic {
  readonly #loops: readonly Running<LoopReport>[];
  readonly #transfers: readonly Running<TransferReport>[];

  /** Resolves when the lasting connections have been answered. */
  static async start({ asker }: Bed): Promise<Traffic> {
    const targets = TARGETS.map((to) => ({ to, port: 80, everyMs: EVERY_MS }));
    const transfers = await Promise.all(targets.map((target) => asker.transfer(target)));
    await Promise.all(transfers.map(isAnswered));
    const loops = await Promise.all(
      targets.map((target) => asker.loop({ ...target, timeoutMs: CONNECT_TIMEOUT_MS })),
    );
    return new Traffic(loops, transfers);
  }

  private constructor(loops: readonly Running<LoopReport>[], transfers: readonly Running<TransferReport>[]) {
    this.#loops = loops;
    this.#transfers = transfers;
  }

  /** What has happened so far. A connection that falls into a gap is in it after CONNECT_TIMEOUT_MS. */
  async report(): Promise<TrafficReport> {
    const loops = await Promise.all(this.#loops.map((loop) => loop.report()));
    return summarize(loops, await Promise.all(this.#transfers.map((transfer) => transfer.report())));
  }

  async stop(): Promise<TrafficReport> {
    const loops = await Promise.all(this.#loops.map((loop) => loop.stop()));
    return summarize(loops, await Promise.all(this.#transfers.map((transfer) => transfer.stop())));
  }
}

function summarize(loops: readonly LoopReport[], transfers: readonly TransferReport[]): TrafficReport {
  const attempts = loops.flatMap((report) => report.attempts);
  const broken = transfers.flatMap(({ error }) => error?.code ?? []);
  return {
    connections: attempts.length,
    errors: {
      ...tally(attempts).errors,
      ...Object.fromEntries(broken.map((code) => [`lasting: ${code}`, 1])),
    },
    echoes: transfers.reduce((sum, { echoedCount }) => sum + echoedCount, 0),
  };
}

async function isAnswered(transfer: Running<TransferReport>): Promise<void> {
  while (!(await transfer.report()).answer) {
    const { error } = await transfer.report();
    if (error) throw new Error(`no lasting connection: ${error.code}`);
  }
}
