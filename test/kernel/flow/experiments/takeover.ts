// Of two Services that claim one address, the one that lost it gets it when the other one goes.
import { deleteObject } from '../../../../src/lab/api-server/registry.ts';
import { services } from '../../../../src/lab/api-server/resources.ts';
import { type FlowProbe, reachProbes } from '../flow-case.ts';
import { externalIpsOf, flowService, ready } from '../flow-service.ts';
import { judge } from '../judge.ts';
import { manifestsOf, NAMESPACE } from '../manifests.ts';
import { probeFlow } from '../prober.ts';
import { pod } from '../source.ts';
import type { FlowBed, FlowExperiment } from './experiment.ts';

const SHARED_IPS = Object.values(externalIpsOf(191));

const winner = flowService({
  number: 191,
  name: 'z-winner',
  externalIps: SHARED_IPS,
  endpoints: ready('pod-1-1:8080'),
});
const heir = flowService({
  number: 192,
  name: 'younger-heir',
  externalIps: SHARED_IPS,
  endpoints: ready('pod-2-1:8080'),
});

const MAX_TAKEOVER_MS = 20_000;

export function takeoverExperiment(): FlowExperiment {
  return {
    name: 'the loser takes over when the winner goes',
    manifests: manifestsOf(winner, heir),
    run: checkTakeover,
  };
}

async function checkTakeover(bed: FlowBed): Promise<string[]> {
  const before = await problemsOf(bed, flowsTo('pod-1-1:8080'));
  deleteObject(bed.controlPlane.cluster, services, { namespace: NAMESPACE, name: winner.name });
  const deadline = performance.now() + MAX_TAKEOVER_MS;
  let after = await problemsOf(bed, flowsTo('pod-2-1:8080'));
  while (after.length > 0 && performance.now() < deadline)
    after = await problemsOf(bed, flowsTo('pod-2-1:8080'));
  return [...before.map((problem) => `before: ${problem}`), ...after.map((problem) => `after: ${problem}`)];
}

function flowsTo(endpoint: 'pod-1-1:8080' | 'pod-2-1:8080'): FlowProbe[] {
  return reachProbes({
    service: winner,
    kind: 'external IP',
    from: pod('pod-1-17'),
    endpoints: [endpoint],
    isMasqueraded: true,
  });
}

async function problemsOf({ lab }: FlowBed, flows: readonly FlowProbe[]): Promise<string[]> {
  const problems = flows.map(async (flow) => judge(flow, await probeFlow(lab, flow)));
  return (await Promise.all(problems)).filter((problem) => problem !== undefined);
}
