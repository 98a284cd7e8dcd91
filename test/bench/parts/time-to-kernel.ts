// How long a change takes from the API server's socket into the kernel, seen from outside of the daemon: by the generation of the
// rules in its namespace, which grows with every transaction. Asking for it again and again keeps one core busy, but is exact to
// some microseconds, where the daemon's own log knows milliseconds.
import { setImmediate } from 'node:timers/promises';
import { NetlinkConnection } from '../../../src/system/netlink/netlink-connection.ts';
import { NETLINK_NETFILTER, openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { rulesetGeneration } from '../../../src/system/netlink/nft-chains.ts';
import { inNetns } from '../../../src/system/netns.ts';
import type { Netns } from './netns.ts';

/** A change may need two transactions; nothing else of it comes after so long a silence. */
const SILENCE_MS = 20;

const DEADLINE_MS = 30_000;

export interface KernelStopwatch {
  /** Makes the change; returns after how many milliseconds its last transaction was there. Throws when there is none. */
  readonly time: (change: () => void) => Promise<number>;
  readonly close: () => void;
}

export function createKernelStopwatch({ name }: Pick<Netns, 'name'>): KernelStopwatch {
  const socket = inNetns(name, () => openNetlinkSocket({ protocol: NETLINK_NETFILTER }));
  const connection = new NetlinkConnection(socket);
  return {
    time: async (change) => {
      let generation = rulesetGeneration(connection);
      let committedMs: number | undefined;
      const start = performance.now();
      const elapsed = () => performance.now() - start;
      change();
      while (committedMs === undefined || elapsed() < committedMs + SILENCE_MS) {
        if (elapsed() > DEADLINE_MS) throw new Error('the daemon wrote nothing');
        await setImmediate();
        const now = rulesetGeneration(connection);
        if (now !== generation) committedMs = elapsed();
        generation = now;
      }
      return committedMs;
    },
    close: () => socket.close(),
  };
}
