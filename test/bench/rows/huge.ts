// Ten times as many Services as anything else is measured with: what the start, a change and memory come to.
import { setTimeout as sleep } from 'node:timers/promises';
import { Daemon } from '../parts/daemon.ts';
import { processUsage } from '../parts/process-usage.ts';
import { ServedCluster } from '../parts/served-cluster.ts';
import { median, quantile } from '../parts/statistics.ts';
import { KernelStopwatch } from '../parts/time-to-kernel.ts';
import { uniform } from '../populations/named-population.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import { quantityText } from '../report/figure.ts';
import type { Row } from './row.ts';

const ENDPOINTS = 3;
const CHANGES = 50;

/** What is left of the start is over by then. */
const SETTLE_MS = 10_000;

export const hugeRow: Row = {
  name: 'huge-nftables',
  run: async ({ netns, sizes }) => {
    const { what, services } = uniform(10 * sizes.services, ENDPOINTS);
    const cluster = await ServedCluster.start(services);
    const daemon = await Daemon.start({ factory: netns, cluster, mode: 'nftables' });
    const startMs = await daemon.firstSync();
    const syncs = daemon.syncs.filter(({ cause }) => cause === 'start').map(({ elapsedMs }) => elapsedMs);
    const { peakRssMiB } = processUsage(daemon.pid);
    await sleep(SETTLE_MS);
    const changes = await timeChanges(daemon, cluster, services);
    const { rssMiB } = processUsage(daemon.pid);
    await daemon.stop();
    await cluster.close();
    const name = (text: string) => `${text}, nftables, ${what}`;
    const p99 = quantityText(quantile(changes, 0.99), 'ms');
    return [
      {
        what: name('full sync, model to commit'),
        measured: Math.max(...syncs) / 1_000,
        unit: 's',
        detail: `${quantityText(startMs / 1_000, 's')} after the start of the process`,
      },
      {
        what: name('one endpoint, event on the socket to commit, p50'),
        atMost: 10,
        measured: median(changes),
        unit: 'ms',
        detail: `p99 ${p99} of ${CHANGES}`,
      },
      {
        what: name('resident memory'),
        measured: rssMiB,
        unit: 'MiB',
        detail: `${quantityText(peakRssMiB, 'MiB')} at the first sync`,
      },
    ];
  },
};

async function timeChanges(
  daemon: Daemon,
  cluster: ServedCluster,
  services: readonly PopulationService[],
): Promise<number[]> {
  const stopwatch = new KernelStopwatch(daemon.netns);
  const samples: number[] = [];
  for (let round = 0; round < CHANGES; round++) {
    const service = services[(round * 7_919) % services.length];
    if (service) samples.push(await stopwatch.time(() => cluster.changeEndpoint(service, round)));
  }
  stopwatch.close();
  return samples;
}
