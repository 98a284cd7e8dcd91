// The objects of test/fixtures/objects.yaml, of which the rules of the real kube-proxy are recorded, as traffic.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadAll } from 'js-yaml';
import { DROPPED, type EndpointName, type Expectation, LOST, REJECTED, reaches } from '../expectation.ts';
import { type FlowCase, type FlowGroup, probesOf } from '../flow-case.ts';
import type { Manifest } from '../manifests.ts';
import { nodeItself, outside, pod, type Source } from '../source.ts';
import { type DualStack, type Family, nodeIps, OTHER_CLIENT_IPS, type Protocol } from '../world.ts';

const OBJECTS = resolve(import.meta.dirname, '../../../fixtures/objects.yaml');

export function recordedGroup(): FlowGroup {
  return { name: 'recorded object', manifests: recordedManifests(), cases: CASES.map(caseOf) };
}

/** Without the Nodes, of which the suite has its own. */
function recordedManifests(): Manifest[] {
  const manifests = loadAll(readFileSync(OBJECTS, 'utf8')) as Manifest[];
  return manifests.filter(({ kind }) => kind !== 'Node');
}

interface RecordedCase {
  readonly name: string;
  readonly from: Source;
  /** The other family has no address. */
  readonly to: Partial<DualStack>;
  readonly port: number;
  readonly protocols: readonly Protocol[];
  readonly expected: Expectation | Reached;
}

interface Reached {
  readonly endpoints: readonly EndpointName[];
  readonly isMasqueraded?: boolean;
  readonly isSticky?: boolean;
}

const TCP: readonly Protocol[] = ['TCP'];
const UDP: readonly Protocol[] = ['UDP'];

const near = pod('pod-1-17');
const far = pod('pod-2-18');
const outer = outside('node-1');
const stranger = outside('node-1', OTHER_CLIENT_IPS[0]);
const nodeIp = { IPv4: nodeIps('node-1').IPv4 };
const nodeIp6 = { IPv6: nodeIps('node-1').IPv6 };

function tcp(
  name: string,
  from: Source,
  to: Partial<DualStack>,
  port: number,
  expected: RecordedCase['expected'],
) {
  return { name, from, to, port, protocols: TCP, expected };
}

function udp(
  name: string,
  from: Source,
  to: Partial<DualStack>,
  port: number,
  expected: RecordedCase['expected'],
) {
  return { name, from, to, port, protocols: UDP, expected };
}

function at(port: number, ...pods: readonly string[]): EndpointName[] {
  return pods.map((name) => `${name}:${port}` as EndpointName);
}

const WEB_DUAL = { IPv4: '10.96.1.2', IPv6: 'fd00:10:96::102' };
const DNS = { endpoints: at(53, 'pod-1-4', 'pod-2-5') };
const NP = { endpoints: at(8080, 'pod-1-5', 'pod-2-6') };
const NP6 = { endpoints: at(8080, 'pod-1-3', 'pod-2-4') };
const UDP_STICKY = { endpoints: at(5000, 'pod-1-16', 'pod-2-17'), isSticky: true };

const CASES: readonly RecordedCase[] = [
  tcp('web', near, { IPv4: '10.96.1.1' }, 80, { endpoints: at(8080, 'pod-1-1', 'pod-2-1', 'pod-2-2') }),
  tcp('web-dual:http', near, WEB_DUAL, 80, { endpoints: at(8080, 'pod-1-2', 'pod-2-3') }),
  tcp('web-dual:https', near, WEB_DUAL, 443, { endpoints: at(8443, 'pod-1-2', 'pod-2-3') }),
  tcp('empty', near, { IPv4: '10.96.1.3' }, 80, REJECTED),
  tcp('empty, from the node', nodeItself('node-1'), { IPv4: '10.96.1.3' }, 80, REJECTED),
  tcp('sticky', near, { IPv4: '10.96.1.4' }, 80, {
    endpoints: at(8080, 'pod-1-3', 'pod-2-4'),
    isSticky: true,
  }),
  udp('dns', near, { IPv4: '10.96.0.10' }, 53, DNS),
  tcp('dns-tcp', near, { IPv4: '10.96.0.10' }, 53, DNS),
  tcp('np', outer, nodeIp, 30080, { ...NP, isMasqueraded: true }),
  tcp('np-local', outer, nodeIp, 30081, { endpoints: at(8080, 'pod-1-6') }),
  tcp('np-local-none, from outside', outer, nodeIp, 30082, DROPPED),
  tcp('np-local-none, from a pod', near, nodeIp, 30082, { endpoints: at(8080, 'pod-2-8') }),
  tcp('lb', outer, { IPv4: '203.0.113.8' }, 80, {
    endpoints: at(8080, 'pod-1-7', 'pod-2-9'),
    isMasqueraded: true,
  }),
  tcp('lb-local', outer, { IPv4: '203.0.113.9' }, 80, { endpoints: at(8080, 'pod-1-8') }),
  tcp('lb-local, on its NodePort', outer, nodeIp, 30084, { endpoints: at(8080, 'pod-1-8') }),
  tcp('lb-ranges, from inside', outer, { IPv4: '203.0.113.10' }, 80, {
    endpoints: at(8080, 'pod-1-9', 'pod-2-11'),
    isMasqueraded: true,
  }),
  tcp('lb-ranges, from beyond', stranger, { IPv4: '203.0.113.10' }, 80, DROPPED),
  tcp('lb-ranges, from a pod', near, { IPv4: '203.0.113.10' }, 80, DROPPED),
  tcp('lb-proxy', outer, { IPv4: '203.0.113.11' }, 80, LOST),
  tcp('lb-proxy, on its ClusterIP', near, { IPv4: '10.96.1.11' }, 80, { endpoints: at(8080, 'pod-1-10') }),
  tcp('ext', outer, { IPv4: '198.51.100.77' }, 80, {
    endpoints: at(8080, 'pod-1-11', 'pod-2-12'),
    isMasqueraded: true,
  }),
  tcp('itp-local, on node-1', near, { IPv4: '10.96.1.13' }, 80, { endpoints: at(8080, 'pod-1-12') }),
  tcp('itp-local, on node-2', far, { IPv4: '10.96.1.13' }, 80, { endpoints: at(8080, 'pod-2-13') }),
  tcp('itp-local-none, on node-1', near, { IPv4: '10.96.1.14' }, 80, DROPPED),
  tcp('itp-local-none, on node-2', far, { IPv4: '10.96.1.14' }, 80, { endpoints: at(8080, 'pod-2-14') }),
  tcp('terminating, on its NodePort', outer, nodeIp, 30087, { endpoints: at(8080, 'pod-1-13') }),
  tcp('terminating, on its ClusterIP', near, { IPv4: '10.96.1.15' }, 80, { endpoints: at(8080, 'pod-2-15') }),
  tcp('hints, in zone-a', near, { IPv4: '10.96.1.16' }, 80, { endpoints: at(8080, 'pod-1-14') }),
  tcp('hints, in zone-b', far, { IPv4: '10.96.1.16' }, 80, { endpoints: at(8080, 'pod-2-16') }),
  tcp('other-proxy', near, { IPv4: '10.96.1.17' }, 80, DROPPED),
  tcp('np6', near, { IPv6: 'fd00:10:96::112' }, 80, NP6),
  tcp('np6, on its NodePort', outer, nodeIp6, 30088, { ...NP6, isMasqueraded: true }),
  udp('udp-sticky', near, { IPv4: '10.96.1.18' }, 5000, UDP_STICKY),
  udp('udp-sticky, on its NodePort', outer, nodeIp, 30089, { ...UDP_STICKY, isMasqueraded: true }),
];

function caseOf({ name, from, to, port, protocols, expected }: RecordedCase): FlowCase {
  const families = (['IPv4', 'IPv6'] as const).filter((family) => to[family]);
  const ips = { IPv4: '', IPv6: '', ...to };
  const expectedIn = (family: Family) =>
    'kind' in expected ? expected : reaches({ from, isMasqueraded: false, ...expected }, family);
  return { name, probes: probesOf({ from, to: { ips, port }, families, protocols, expected: expectedIn }) };
}
