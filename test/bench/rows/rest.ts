// What the daemon costs when nothing happens: probes, timers, a watch that is silent.
import { setTimeout as sleep } from 'node:timers/promises';
import { Daemon } from '../parts/daemon.ts';
import { processUsage } from '../parts/process-usage.ts';
import { ServedCluster } from '../parts/served-cluster.ts';
import { uniformServices } from '../populations/populations.ts';
import { ENDPOINTS, type Row } from './row.ts';

const GOAL_PERCENT = 0.3;

/** What is left of the start is over by then, V8's compaction of the heap included. */
const SETTLE_MS = 60_000;

export const restRow: Row = {
  name: 'rest',
  run: async ({ netns, sizes }) => {
    const cluster = await ServedCluster.start(uniformServices(sizes.services, ENDPOINTS));
    const daemon = await Daemon.start({ factory: netns, cluster, mode: 'legacy' });
    await daemon.firstSync();
    await sleep(SETTLE_MS);
    const before = processUsage(daemon.pid).cpuMs;
    await sleep(sizes.watchMs);
    const cpuMs = processUsage(daemon.pid).cpuMs - before;
    await daemon.stop();
    await cluster.close();
    return [
      {
        what: `CPU at rest, legacy, ${sizes.services} Services × ${ENDPOINTS}`,
        ...{ atMost: GOAL_PERCENT, measured: (100 * cpuMs) / sizes.watchMs, unit: '%' },
        detail: `${cpuMs} ms in ${sizes.watchMs / 1_000} s, children included`,
      },
    ];
  },
};
