// Of two Services that claim one address, the one that lost it gets it when the other one goes.
import { deleteObject } from '../../../../src/lab/api-server/registry.ts';
import { services } from '../../../../src/lab/api-server/resources.ts';
import { FAR, NEAR, onNode1 } from '../cases/cast.ts';
import type { EndpointName } from '../expectation.ts';
import { type FlowProbe, reachProbes } from '../flow-case.ts';
import { externalIpsOf, flowService, ready } from '../flow-service.ts';
import { manifestsOf, NAMESPACE } from '../manifests.ts';
import type { FlowBed, FlowExperiment } from './experiment.ts';
import { problemsUntilRight } from './until-right.ts';

const externalIps = Object.values(externalIpsOf(191));
const winner = flowService({ number: 191, name: 'z-winner', externalIps, endpoints: ready(NEAR) });
const heir = flowService({ number: 192, name: 'younger-heir', externalIps, endpoints: ready(FAR) });

export function takeoverExperiment(): FlowExperiment {
  return {
    name: 'the loser takes over when the winner goes',
    manifests: manifestsOf(winner, heir),
    run: checkTakeover,
  };
}

async function checkTakeover(bed: FlowBed): Promise<string[]> {
  const before = await problemsUntilRight(bed, flowsTo(NEAR));
  deleteObject(bed.controlPlane.cluster, services, { namespace: NAMESPACE, name: winner.name });
  const after = await problemsUntilRight(bed, flowsTo(FAR));
  return [...before.map((problem) => `before: ${problem}`), ...after.map((problem) => `after: ${problem}`)];
}

function flowsTo(endpoint: EndpointName): FlowProbe[] {
  const endpoints = [endpoint];
  return reachProbes({ service: winner, kind: 'external IP', from: onNode1, endpoints, isMasqueraded: true });
}
