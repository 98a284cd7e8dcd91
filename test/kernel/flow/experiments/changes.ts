// One Service through its life: after each change clients see what they would see if it had been so from the start.
import { deleteObject } from '../../../../src/lab/api-server/registry.ts';
import { services } from '../../../../src/lab/api-server/resources.ts';
import { FAR, NEAR, NEAR_2, onNode1 } from '../cases/cast.ts';
import { DROPPED, REFUSED_BY_HOST, REJECTED, reaches } from '../expectation.ts';
import { type FlowProbe, probesOf, reachProbes, refusalProbes } from '../flow-case.ts';
import { type FlowServiceSpec, flowService, ready, TCP_80, UDP_80 } from '../flow-service.ts';
import { manifestsOf, NAMESPACE } from '../manifests.ts';
import { outside } from '../source.ts';
import type { FlowBed, FlowExperiment } from './experiment.ts';
import { problemsUntilRight } from './until-right.ts';

const NAME = 'changes';
const client = outside('node-1');

function service(fields: Partial<FlowServiceSpec> = {}) {
  return flowService({ number: 251, name: NAME, ...fields });
}

interface Step {
  readonly name: string;
  /** undefined: deleted. */
  readonly service: ReturnType<typeof service> | undefined;
  readonly flows: readonly FlowProbe[];
}

const served = { service: service(), from: onNode1 };
const nodePort = { service: service(), kind: 'NodePort', from: client } as const;
const onPort81 = { ips: service().clusterIps, port: 81 };

const STEPS: readonly Step[] = [
  {
    name: 'it has no endpoints',
    service: service(),
    flows: refusalProbes({ ...served, expected: REJECTED }),
  },
  {
    name: 'it gets endpoints',
    service: service({ endpoints: ready(NEAR, FAR) }),
    flows: reachProbes({ ...served, endpoints: [NEAR, FAR] }),
  },
  {
    name: 'an endpoint is replaced',
    service: service({ endpoints: ready(NEAR_2, FAR) }),
    flows: reachProbes({ ...served, endpoints: [NEAR_2, FAR] }),
  },
  {
    name: 'it gets a NodePort',
    service: service({ type: 'NodePort', endpoints: ready(NEAR_2, FAR) }),
    flows: [
      ...reachProbes({ ...served, endpoints: [NEAR_2, FAR] }),
      ...reachProbes({ ...nodePort, endpoints: [NEAR_2, FAR], isMasqueraded: true }),
    ],
  },
  {
    name: 'its external policy becomes Local',
    service: service({ type: 'NodePort', externalPolicy: 'Local', endpoints: ready(NEAR_2, FAR) }),
    flows: reachProbes({ ...nodePort, endpoints: [NEAR_2] }),
  },
  {
    name: 'its last local endpoint goes',
    service: service({ type: 'NodePort', externalPolicy: 'Local', endpoints: ready(FAR) }),
    flows: [
      ...refusalProbes({ ...nodePort, expected: DROPPED }),
      ...reachProbes({ ...served, endpoints: [FAR] }),
    ],
  },
  {
    name: 'it loses its NodePort',
    service: service({ endpoints: ready(FAR) }),
    flows: refusalProbes({ ...nodePort, expected: REFUSED_BY_HOST }),
  },
  {
    name: 'its ports change',
    service: service({
      ports: [
        { ...TCP_80, port: 81 },
        { ...UDP_80, port: 81 },
      ],
      endpoints: ready(FAR),
    }),
    flows: [
      ...refusalProbes({ ...served, expected: REJECTED }),
      ...probesOf({
        from: onNode1,
        to: onPort81,
        expected: (family) => reaches({ from: onNode1, endpoints: [FAR], isMasqueraded: false }, family),
      }),
    ],
  },
  {
    name: 'it is deleted',
    service: undefined,
    flows: [
      ...refusalProbes({ ...served, expected: DROPPED }),
      ...probesOf({ from: onNode1, to: onPort81, expected: () => DROPPED }),
    ],
  },
];

export function changesExperiment(): FlowExperiment {
  return { name: 'a Service is served as it is after each of its changes', manifests: [], run: walk };
}

async function walk(bed: FlowBed): Promise<string[]> {
  const problems: string[] = [];
  for (const step of STEPS) {
    take(bed, step);
    const wrong = await problemsUntilRight(bed, step.flows);
    problems.push(...wrong.map((problem) => `when ${step.name}: ${problem}`));
  }
  return problems;
}

function take({ controlPlane }: FlowBed, step: Step): void {
  if (step.service) controlPlane.apply(manifestsOf(step.service));
  else deleteObject(controlPlane.cluster, services, { namespace: NAMESPACE, name: NAME });
}
