// The table of all fields of KubeProxyConfiguration v1alpha1: kind, default and meaning of each. Decoding, defaults, checks
// of single fields and messages follow from it; what concerns several fields is in rules.ts.
// Upstream: staging/src/k8s.io/kube-proxy/config/v1alpha1/types.go, pkg/proxy/apis/config/v1alpha1/defaults.go.
import * as v from 'valibot';
import type { Cidr, Ip } from '../model/ip.ts';
import {
  bool,
  duration,
  durationOrNanoseconds,
  durationOrZero,
  field,
  gates,
  hostPort,
  integer,
  integerSchema,
  ip,
  kind,
  nodePortAddresses,
  nonZero,
  oneOf,
  text,
  texts,
  type ValuesOf,
} from './field.ts';

const MAX_INT32 = 2 ** 31 - 1;
const MAX_UINT32 = 2 ** 32 - 1;
const ANY_INT32 = integer(-(2 ** 31), MAX_INT32);
const COUNT = integer(0, MAX_INT32);
const QPS = nonZero(v.number(), 'a number');
const BURST = nonZero(integerSchema(0, MAX_INT32), `a whole number from 0 to ${MAX_INT32}`);
const BUFFER_SIZE = kind(v.union([v.string(), v.number()]), 'a quantity like 512Ki');
const VMODULE = kind(
  v.array(v.object({ filePattern: v.string(), verbosity: integerSchema(0, MAX_UINT32) })),
  'a list of items with filePattern and verbosity',
);
const MODE = oneOf(['iptables'], '"iptables" or empty: this version has no other mode yet');
const DETECT_LOCAL_MODE = oneOf(
  ['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'],
  'ClusterCIDR, NodeCIDR, BridgeInterface or InterfaceNamePrefix',
);

const seconds = (count: number) => ({ ms: count * 1_000 });
const hours = (count: number) => seconds(count * 3_600);

export const FIELDS = {
  featureGates: field(gates, {}, 'Feature gates by name.'),
  clientConnection: {
    kubeconfig: field(text, '', 'Path of the kubeconfig file; empty: the service account of the pod.'),
    acceptContentTypes: field(text, '', 'The Accept header.'),
    contentType: field(text, 'application/vnd.kubernetes.protobuf', 'How requests are encoded.'),
    qps: field(QPS, 5, 'Requests to the API server per second.'),
    burst: field(BURST, 10, 'How many requests may exceed qps at once.'),
  },
  logging: {
    format: field(oneOf(['text', 'json'], 'text or json'), 'text', 'How log lines are written.'),
    flushFrequency: field(durationOrNanoseconds, seconds(5), 'How often buffered log lines are written out.'),
    verbosity: field(integer(0, MAX_UINT32), 0, 'How much is logged, as -v.'),
    vmodule: field(VMODULE, [], 'Verbosity by source file. Only kube-proxy has it; accepted and ignored.'),
    options: {
      text: {
        splitStream: field(bool, false, 'Information to standard output, errors to standard error.'),
        infoBufferSize: field(BUFFER_SIZE, '0', 'Buffer of the information stream.'),
      },
      json: {
        splitStream: field(bool, false, 'Information to standard output, errors to standard error.'),
        infoBufferSize: field(BUFFER_SIZE, '0', 'Buffer of the information stream.'),
      },
    },
  },
  hostnameOverride: field(text, '', 'The name of the Node; empty: the host name.'),
  bindAddress: field(
    ip,
    '0.0.0.0' as Ip,
    "The node's own IP, if it is not the unspecified one; its family is the primary one.",
  ),
  healthzBindAddress: field(
    hostPort(10_256),
    undefined,
    "Not set: port 10256 on all addresses of bindAddress's family.",
  ),
  metricsBindAddress: field(
    hostPort(10_249),
    undefined,
    "Not set: port 10249 on the loopback of bindAddress's family.",
  ),
  bindAddressHardFail: field(bool, false, 'Exit when a server cannot listen, instead of trying again.'),
  enableProfiling: field(bool, false, 'Profiles on the metrics server.'),
  showHiddenMetricsForVersion: field(
    text,
    '',
    'The previous minor version, whose hidden metrics shall be shown.',
  ),
  mode: field(MODE, 'iptables', 'The dataplane.'),
  iptables: {
    masqueradeBit: field(integer(0, 31), 14, 'The bit of the packet mark that asks for SNAT.'),
    masqueradeAll: field(bool, false, 'SNAT for everything that is sent to ClusterIPs.'),
    localhostNodePorts: field(bool, true, 'NodePorts on 127.0.0.1.'),
    syncPeriod: field(duration, seconds(30), 'How often the rules are looked after when nothing changes.'),
    minSyncPeriod: field(duration, seconds(1), 'The least time between two syncs.'),
  },
  ipvs: {
    syncPeriod: field(duration, seconds(30), 'As in iptables.'),
    minSyncPeriod: field(duration, seconds(0), 'As in iptables.'),
    scheduler: field(text, 'rr', 'How IPVS chooses endpoints.'),
    excludeCIDRs: field(texts, [], 'Virtual servers in these networks are never deleted.'),
    strictARP: field(bool, false, 'Answer ARP only for addresses of the receiving link.'),
    tcpTimeout: field(duration, seconds(0), '0: leave the value of the kernel.'),
    tcpFinTimeout: field(duration, seconds(0), '0: leave the value of the kernel.'),
    udpTimeout: field(duration, seconds(0), '0: leave the value of the kernel.'),
  },
  nftables: {
    masqueradeBit: field(ANY_INT32, 14, 'As in iptables.'),
    masqueradeAll: field(bool, false, 'As in iptables.'),
    syncPeriod: field(duration, seconds(30), 'As in iptables.'),
    minSyncPeriod: field(duration, seconds(1), 'As in iptables.'),
  },
  winkernel: {
    networkName: field(text, '', 'Windows only.'),
    sourceVip: field(text, '', 'Windows only.'),
    enableDSR: field(bool, false, 'Windows only.'),
    rootHnsEndpointName: field(text, '', 'Windows only.'),
    forwardHealthCheckVip: field(bool, false, 'Windows only.'),
  },
  detectLocalMode: field(DETECT_LOCAL_MODE, 'ClusterCIDR', 'How traffic of local pods is recognised.'),
  detectLocal: {
    bridgeInterface: field(text, '', 'The bridge of the local pods, for BridgeInterface.'),
    interfaceNamePrefix: field(
      text,
      '',
      'How the names of the links of local pods begin, for InterfaceNamePrefix.',
    ),
  },
  clusterCIDR: field(
    text,
    '',
    'The networks of the pods: one, or one of each family with a comma between them.',
  ),
  nodePortAddresses: field(
    nodePortAddresses,
    [] as readonly (Cidr | 'primary')[],
    'On which addresses NodePorts are served; empty: all.',
  ),
  oomScoreAdj: field(
    integer(-1_000, 1_000),
    -999,
    'How ready the kernel is to kill this process for memory.',
  ),
  conntrack: {
    maxPerCore: field(COUNT, 32_768, 'nf_conntrack_max for each CPU; 0: leave the value of the kernel.'),
    min: field(COUNT, 131_072, 'The least nf_conntrack_max.'),
    tcpEstablishedTimeout: field(durationOrZero, hours(24), '0: leave the value of the kernel.'),
    tcpCloseWaitTimeout: field(durationOrZero, hours(1), '0: leave the value of the kernel.'),
    tcpBeLiberal: field(bool, false, 'Do not mark packets outside of the window as invalid.'),
    udpTimeout: field(duration, seconds(0), '0: leave the value of the kernel.'),
    udpStreamTimeout: field(duration, seconds(0), '0: leave the value of the kernel.'),
  },
  configSyncPeriod: field(
    duration,
    seconds(900),
    'How often upstream reads all objects again; a watch needs no such thing.',
  ),
  portRange: field(text, '', 'Accepted and ignored, as upstream.'),
  windowsRunAsService: field(bool, false, 'Windows only.'),
} as const;

/** The configuration, complete: what was not set has its default. */
export type ProxyConfig = ValuesOf<typeof FIELDS>;
