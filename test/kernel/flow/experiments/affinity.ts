// Session affinity of many clients at a time: each keeps its own endpoint, for as long as it comes back in time (KP 3.2, 3.8).
// That one client sticks under every policy and state of the endpoints is in cases/matrix.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndpointName } from '../expectation.ts';
import { type FlowProbe, reachProbes } from '../flow-case.ts';
import { type FlowService, flowService, ready } from '../flow-service.ts';
import { manifestsOf } from '../manifests.ts';
import { connectOften, observationOf } from '../prober.ts';
import { outside } from '../source.ts';
import { type Family, OTHER_CLIENT_IPS } from '../world.ts';
import type { FlowBed, FlowExperiment } from './experiment.ts';

const ENDPOINTS: readonly EndpointName[] = [1, 2, 3, 4].flatMap((number): EndpointName[] => [
  `pod-1-${number}:8080`,
  `pod-2-${number}:8080`,
]);

export function affinityExperiments(): FlowExperiment[] {
  return [spreads(), slides(), ends()];
}

/** Two dozen clients that chose one or two endpoints of eight by chance: less likely than 1e-12. */
const FEWEST_CHOSEN = 3;

function spreads(): FlowExperiment {
  const service = stickyService(231, 'sticky-many', 600);
  return experiment(
    'with affinity clients keep their endpoints and spread over all',
    service,
    async (bed, family) => {
      const before = await choices(bed, service, family);
      const after = await choices(bed, service, family);
      const chosen = new Set(before).size;
      return [
        ...sameChoices(before, after),
        ...(chosen < FEWEST_CHOSEN
          ? [`${before.length} clients chose ${chosen} of ${ENDPOINTS.length} endpoints`]
          : []),
      ];
    },
  );
}

const SLIDING_SECONDS = 4;
const VISITS = 6;
const MAX_TRIALS = 5;

/** Visits for longer than the timeout, each well within the timeout of the one before. */
function slides(): FlowExperiment {
  const service = stickyService(232, 'sticky-slides', SLIDING_SECONDS);
  return experiment('affinity lasts while the client keeps coming back', service, async (bed, family) => {
    for (let trial = 0; trial < MAX_TRIALS; trial++) {
      const { visits, longestGapMs } = await visitEverySecond(bed, service, family);
      // On a machine this slow the timeout may have ended the affinity, and rightly so.
      if (longestGapMs > (SLIDING_SECONDS - 1) * 1_000) continue;
      return sameChoices(visits[0] ?? [], visits.at(-1) ?? []);
    }
    return ['the machine is too slow to tell'];
  });
}

async function visitEverySecond(bed: FlowBed, service: FlowService, family: Family) {
  const visits: string[][] = [];
  let longestGapMs = 0;
  for (let visit = 0; visit < VISITS; visit++) {
    const startedAtMs = performance.now();
    visits.push(await choices(bed, service, family));
    await sleep(1_000);
    longestGapMs = Math.max(longestGapMs, performance.now() - startedAtMs);
  }
  return { visits, longestGapMs };
}

function ends(): FlowExperiment {
  const service = stickyService(233, 'sticky-ends', 1);
  return experiment(
    'affinity ends when the client has not come back for the timeout',
    service,
    async (bed, family) => {
      const before = await choices(bed, service, family);
      // The kernel counts in jiffies, but rounds the timeout up.
      await sleep(2_500);
      const after = await choices(bed, service, family);
      return sameChoices(before, after).length > 0 ? [] : ['all clients still have their old endpoints'];
    },
  );
}

function stickyService(number: number, name: string, affinitySeconds: number): FlowService {
  return flowService({ number, name, affinitySeconds, endpoints: ready(...ENDPOINTS) });
}

function experiment(
  name: string,
  service: FlowService,
  run: (bed: FlowBed, family: Family) => Promise<readonly string[]>,
): FlowExperiment {
  return {
    name,
    manifests: manifestsOf(service),
    run: async (bed) => (await Promise.all([run(bed, 'IPv4'), run(bed, 'IPv6')])).flat(),
  };
}

/** Whom each of the clients outside reaches, or its error. */
async function choices({ lab }: FlowBed, service: FlowService, family: Family): Promise<string[]> {
  const flows = OTHER_CLIENT_IPS.flatMap((ips): FlowProbe[] =>
    reachProbes({
      service,
      from: outside('node-1', ips),
      endpoints: ENDPOINTS,
      families: [family],
      protocols: ['TCP'],
    }),
  );
  return Promise.all(
    flows.map(async (flow) => {
      const { answers, errors } = observationOf(await connectOften(lab, flow, { count: 1, concurrency: 1 }));
      return answers[0]?.endpoint ?? errors.join();
    }),
  );
}

function sameChoices(before: readonly string[], after: readonly string[]): string[] {
  const moved = before.filter((endpoint, i) => endpoint !== after[i]).length;
  return moved > 0 ? [`${moved} of ${before.length} clients have another endpoint than before`] : [];
}
