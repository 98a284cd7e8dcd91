// Every Service type × traffic policy × source × state of the endpoints × affinity, each in both families and protocols.
// The two tables are KP 3.4 and KP 3.5 (pkg/proxy/topology.go; TestInternalExternalMasquerade, TestExternalTrafficPolicyLocal
// and TestInternalTrafficPolicy of kube-proxy), with what nodes themselves get from nftables mode.
import { DROPPED, type EndpointName, type Expectation, REJECTED, reaches } from '../expectation.ts';
import { destinationOf, type FlowCase, type FlowGroup, type FrontendKind, probesOf } from '../flow-case.ts';
import {
  type EndpointState,
  externalIpsOf,
  type FlowService,
  flowService,
  type Policy,
} from '../flow-service.ts';
import { manifestsOf } from '../manifests.ts';
import { nodeItself, outside, pod, type Source } from '../source.ts';
import type { NodeName } from '../world.ts';

/** How the node that sees the packets tells clients apart. */
type SourceClass = 'pod' | 'node' | 'outside';

interface Outcome {
  readonly set: 'cluster' | 'local';
  readonly isMasqueraded: boolean;
}

type Outcomes = Readonly<Record<SourceClass, Outcome>>;

const INTERNAL: Readonly<Record<Policy, Outcomes>> = {
  Cluster: {
    pod: { set: 'cluster', isMasqueraded: false },
    node: { set: 'cluster', isMasqueraded: true },
    outside: { set: 'cluster', isMasqueraded: true },
  },
  Local: {
    pod: { set: 'local', isMasqueraded: false },
    node: { set: 'local', isMasqueraded: true },
    outside: { set: 'local', isMasqueraded: true },
  },
};

const EXTERNAL: Readonly<Record<Policy, Outcomes>> = {
  Cluster: {
    pod: { set: 'cluster', isMasqueraded: true },
    node: { set: 'cluster', isMasqueraded: true },
    outside: { set: 'cluster', isMasqueraded: true },
  },
  Local: {
    pod: { set: 'cluster', isMasqueraded: false },
    node: { set: 'cluster', isMasqueraded: true },
    outside: { set: 'local', isMasqueraded: false },
  },
};

/** The endpoints of a Service, which of these the Cluster policy uses, and which the Local policy on which node. */
interface Endpoints {
  readonly states: Readonly<Record<EndpointName, EndpointState>>;
  readonly cluster: readonly EndpointName[];
  readonly local: Readonly<Partial<Record<NodeName, readonly EndpointName[]>>>;
  readonly hasAffinityCase?: boolean;
}

const ENDPOINTS: Readonly<Record<string, Endpoints>> = {
  'all ready': {
    states: { 'pod-1-1:8080': 'ready', 'pod-1-2:8080': 'ready', 'pod-2-1:8080': 'ready' },
    cluster: ['pod-1-1:8080', 'pod-1-2:8080', 'pod-2-1:8080'],
    local: { 'node-1': ['pod-1-1:8080', 'pod-1-2:8080'] },
    hasAffinityCase: true,
  },
  'some not ready': {
    states: {
      'pod-1-1:8080': 'ready',
      'pod-1-2:8080': 'not ready',
      'pod-2-1:8080': 'ready',
      'pod-2-2:8080': 'not ready',
    },
    cluster: ['pod-1-1:8080', 'pod-2-1:8080'],
    local: { 'node-1': ['pod-1-1:8080'] },
  },
  'none ready': {
    states: { 'pod-1-1:8080': 'not ready', 'pod-2-1:8080': 'not ready' },
    cluster: [],
    local: {},
  },
  'all terminating and serving': {
    states: {
      'pod-1-1:8080': 'terminating and serving',
      'pod-1-2:8080': 'terminating and serving',
      'pod-2-1:8080': 'terminating and serving',
    },
    cluster: ['pod-1-1:8080', 'pod-1-2:8080', 'pod-2-1:8080'],
    local: { 'node-1': ['pod-1-1:8080', 'pod-1-2:8080'] },
    hasAffinityCase: true,
  },
  'the local ones terminating, others ready': {
    states: {
      'pod-1-1:8080': 'terminating and serving',
      'pod-1-2:8080': 'terminating',
      'pod-2-1:8080': 'ready',
    },
    cluster: ['pod-2-1:8080'],
    local: { 'node-1': ['pod-1-1:8080'] },
  },
  'all terminating and not serving': {
    states: { 'pod-1-1:8080': 'terminating', 'pod-2-1:8080': 'terminating' },
    cluster: [],
    local: {},
  },
  'none at all': { states: {}, cluster: [], local: {} },
  'none local': {
    states: { 'pod-2-1:8080': 'ready', 'pod-2-2:8080': 'ready' },
    cluster: ['pod-2-1:8080', 'pod-2-2:8080'],
    local: {},
    hasAffinityCase: true,
  },
};

const SOURCES: readonly { readonly source: Source; readonly sourceClass: SourceClass }[] = [
  { source: pod('pod-1-17', 'a pod on a node with endpoints'), sourceClass: 'pod' },
  { source: pod('pod-3-1', 'a pod on a node without endpoints'), sourceClass: 'pod' },
  { source: pod('pod-1-1', 'a pod that is an endpoint itself'), sourceClass: 'pod' },
  { source: { ...nodeItself('node-1'), label: 'the node itself' }, sourceClass: 'node' },
  { source: { ...outside('node-1'), label: 'a client outside' }, sourceClass: 'outside' },
  {
    source: { ...outside('node-3'), label: 'a client outside through a node without endpoints' },
    sourceClass: 'outside',
  },
];

const FRONTENDS: readonly FrontendKind[] = ['ClusterIP', 'NodePort', 'load-balancer IP', 'external IP'];
const POLICIES: readonly Policy[] = ['Cluster', 'Local'];

/** Longer than any run of the suite. */
const AFFINITY_SECONDS = 600;

interface Setting {
  readonly frontend: FrontendKind;
  readonly policy: Policy;
  readonly state: string;
  readonly endpoints: Endpoints;
  readonly hasAffinity: boolean;
}

export function matrixGroups(): FlowGroup[] {
  return settings().map((setting, i) => groupOf(setting, i + 1));
}

function settings(): Setting[] {
  return FRONTENDS.flatMap((frontend) =>
    POLICIES.flatMap((policy) =>
      Object.entries(ENDPOINTS).flatMap(([state, endpoints]) =>
        [false, ...(endpoints.hasAffinityCase ? [true] : [])].map((hasAffinity) => ({
          frontend,
          policy,
          state,
          endpoints,
          hasAffinity,
        })),
      ),
    ),
  );
}

function groupOf(setting: Setting, number: number): FlowGroup {
  const { frontend, policy, state, hasAffinity } = setting;
  const service = matrixService(setting, number);
  return {
    name: `${frontend}, policy ${policy}, endpoints ${state}${hasAffinity ? ', affinity' : ''}`,
    manifests: manifestsOf(service),
    cases: SOURCES.map(({ source, sourceClass }) => caseOf(setting, service, source, sourceClass)),
  };
}

function caseOf(setting: Setting, service: FlowService, from: Source, sourceClass: SourceClass): FlowCase {
  const { frontend, policy, endpoints, hasAffinity } = setting;
  const { set, isMasqueraded } = (frontend === 'ClusterIP' ? INTERNAL : EXTERNAL)[policy][sourceClass];
  const chosen = set === 'cluster' ? endpoints.cluster : (endpoints.local[from.node] ?? []);
  const refusal = endpoints.cluster.length > 0 ? DROPPED : REJECTED;
  const expected = (family: 'IPv4' | 'IPv6'): Expectation =>
    chosen.length > 0
      ? reaches({ from, endpoints: chosen, isMasqueraded, isSticky: hasAffinity }, family)
      : refusal;
  const what = chosen.length > 0 ? `reaches ${chosen.join(', ')}` : `is ${refusal.kind}`;
  return {
    name: `${from.label} ${what}${chosen.length > 0 && isMasqueraded ? ', masqueraded' : ''}`,
    probes: probesOf({ from, to: destinationOf(service, frontend, from), expected }),
  };
}

function matrixService({ frontend, policy, endpoints, hasAffinity }: Setting, number: number): FlowService {
  return flowService({
    number,
    name: `matrix-${number}`,
    ...typeFields(frontend, number),
    ...(frontend === 'ClusterIP' ? { internalPolicy: policy } : { externalPolicy: policy }),
    ...(hasAffinity && { affinitySeconds: AFFINITY_SECONDS }),
    endpoints: Object.entries(endpoints.states).map(([name, state]) => ({
      name: name as EndpointName,
      state,
    })),
  });
}

function typeFields(frontend: FrontendKind, number: number): Pick<FlowService, 'type' | 'externalIps'> {
  switch (frontend) {
    case 'ClusterIP':
      return { type: 'ClusterIP' };
    case 'NodePort':
      return { type: 'NodePort' };
    case 'load-balancer IP':
      return { type: 'LoadBalancer' };
    case 'external IP':
      return { type: 'ClusterIP', externalIps: Object.values(externalIpsOf(number)) };
  }
}
