// The table of all fields of KubeProxyConfiguration v1alpha1: kind, default, meaning and flag of each. Decoding, defaults, checks
// of single fields, flags, messages, help and docs/configuration.md follow from it; what concerns several fields is in
// derived-defaults.ts and rules.ts.
// Upstream: staging/src/k8s.io/kube-proxy/config/v1alpha1/types.go, pkg/proxy/apis/config/v1alpha1/defaults.go,
// cmd/kube-proxy/app/options.go.
import type { Ip } from '../model/ip.ts';
import { field, type ValuesOf } from './field.ts';
import {
  anyDuration,
  anyInt32,
  bool,
  count,
  countUnlessZero,
  duration,
  durationOrNanoseconds,
  durationOrZero,
  gates,
  hostPort,
  integer,
  ip,
  type NodePortAddress,
  nodePortAddresses,
  oneOf,
  periodOfMode,
  positiveDuration,
  quantity,
  rateUnlessZero,
  text,
  texts,
  uint32,
  vmodule,
} from './kinds.ts';

const MODE = oneOf(['iptables', 'ipvs', 'nftables']);
const DETECT_LOCAL_MODE = oneOf(['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix']);

const seconds = (number: number) => ({ ms: number * 1_000 });
const hours = (number: number) => seconds(number * 3_600);
const logging = (name: string, short?: string) => ({
  name,
  winsOverFile: true,
  ...(short !== undefined && { short }),
});

export const FIELDS = {
  featureGates: field(gates, {}, 'Feature gates by name. Those that mean nothing here are warned of.', {
    flag: 'feature-gates',
    isOmittedWhenEmpty: true,
  }),
  clientConnection: {
    kubeconfig: field(text, '', 'Path of the kubeconfig file; empty: the service account of the pod.', {
      flag: 'kubeconfig',
    }),
    acceptContentTypes: field(text, '', 'Accepted and ignored: objects are read as JSON.'),
    contentType: field(
      text,
      'application/vnd.kubernetes.protobuf',
      'Accepted and ignored: objects are read and written as JSON.',
      {
        flag: 'kube-api-content-type',
      },
    ),
    qps: field(
      rateUnlessZero,
      5,
      'How many Events are sent a second, below 0: all at once. Watches are not limited.',
      {
        flag: 'kube-api-qps',
      },
    ),
    burst: field(countUnlessZero, 10, 'How many Events are sent at once, before qps counts.', {
      flag: 'kube-api-burst',
    }),
  },
  logging: {
    format: field(oneOf(['text', 'json']), 'text', 'How log lines are written.', {
      flag: logging('logging-format'),
    }),
    flushFrequency: field(
      durationOrNanoseconds,
      seconds(5),
      'Accepted and ignored: every line is written at once.',
      { flag: logging('log-flush-frequency') },
    ),
    verbosity: field(uint32, 0, 'How much is logged: 0 little, 2 changes, 4 decisions, 5 everything.', {
      flag: logging('v', 'v'),
    }),
    vmodule: field(
      vmodule,
      [],
      "Accepted and ignored: its patterns are names of kube-proxy's source files.",
      {
        flag: logging('vmodule'),
        isOmittedWhenEmpty: true,
      },
    ),
    options: {
      text: {
        splitStream: field(bool, false, 'Accepted and ignored: all lines go to standard error.', {
          flag: logging('log-text-split-stream'),
          isOmittedWhenEmpty: true,
        }),
        infoBufferSize: field(quantity, '0', 'Accepted and ignored.', {
          flag: logging('log-text-info-buffer-size'),
        }),
      },
      json: {
        splitStream: field(bool, false, 'Accepted and ignored: all lines go to standard error.', {
          flag: logging('log-json-split-stream'),
          isOmittedWhenEmpty: true,
        }),
        infoBufferSize: field(quantity, '0', 'Accepted and ignored.', {
          flag: logging('log-json-info-buffer-size'),
        }),
      },
    },
  },
  hostnameOverride: field(text, '', 'The name of the Node; empty: the host name.', {
    flag: { name: 'hostname-override', winsOverFile: true },
  }),
  bindAddress: field(
    ip,
    '0.0.0.0' as Ip,
    "The node's own IP, unless it is 0.0.0.0 or ::. Its family is the primary one. Nothing listens on it.",
    { flag: 'bind-address' },
  ),
  healthzBindAddress: field(
    hostPort(10_256),
    undefined,
    'Where the health server listens. Not set: port 10256 on 0.0.0.0, or on [::] if bindAddress is IPv6.',
    { flag: 'healthz-bind-address' },
  ),
  metricsBindAddress: field(
    hostPort(10_249),
    undefined,
    'Where the metrics server listens. Not set: port 10249 on 127.0.0.1, or on [::1] if bindAddress is IPv6.',
    { flag: 'metrics-bind-address' },
  ),
  bindAddressHardFail: field(bool, false, 'Exit when a server cannot listen, instead of trying again.', {
    flag: 'bind-address-hard-fail',
  }),
  enableProfiling: field(bool, false, 'Profiles on the metrics server.', { flag: 'profiling' }),
  showHiddenMetricsForVersion: field(
    text,
    '',
    'The previous minor version, 1.35, for metrics that were hidden since. There are none.',
    { flag: 'show-hidden-metrics-for-version' },
  ),
  mode: field(MODE, 'iptables', 'The dataplane: iptables or nftables; empty: iptables.', {
    flag: 'proxy-mode',
  }),
  iptables: {
    masqueradeBit: field(integer(0, 31), 14, 'The bit of the packet mark that asks for SNAT.', {
      flag: 'iptables-masquerade-bit',
    }),
    masqueradeAll: field(bool, false, 'SNAT for everything that is sent to ClusterIPs.', {
      flag: 'masquerade-all',
    }),
    localhostNodePorts: field(
      bool,
      true,
      'NodePorts on 127.0.0.1; in nftables mode nodePortAddresses has to name it.',
      {
        flag: 'iptables-localhost-nodeports',
      },
    ),
    syncPeriod: field(periodOfMode, seconds(30), 'The longest wait between two tries of a failing sync.', {
      flag: 'iptables-sync-period',
    }),
    minSyncPeriod: field(
      periodOfMode,
      seconds(1),
      'The least time between two syncs. Not set: the first change at once, then as far apart as syncs cost.',
      { flag: 'iptables-min-sync-period' },
    ),
  },
  ipvs: {
    syncPeriod: field(periodOfMode, seconds(30), 'IPVS mode: as in iptables.', { flag: 'ipvs-sync-period' }),
    minSyncPeriod: field(periodOfMode, seconds(0), 'IPVS mode: as in iptables.', {
      flag: 'ipvs-min-sync-period',
    }),
    scheduler: field(text, '', 'IPVS mode: how endpoints are chosen; empty: rr.', { flag: 'ipvs-scheduler' }),
    excludeCIDRs: field(texts, [], 'IPVS mode: virtual servers in these networks are never deleted.', {
      flag: 'ipvs-exclude-cidrs',
    }),
    strictARP: field(bool, false, 'IPVS mode: answer ARP only for addresses of the receiving link.', {
      flag: 'ipvs-strict-arp',
    }),
    tcpTimeout: field(
      anyDuration,
      seconds(0),
      'IPVS mode: how long idle TCP connections are kept; 0: as the kernel has it.',
      {
        flag: 'ipvs-tcp-timeout',
      },
    ),
    tcpFinTimeout: field(
      anyDuration,
      seconds(0),
      'IPVS mode: how long after a FIN; 0: as the kernel has it.',
      {
        flag: 'ipvs-tcpfin-timeout',
      },
    ),
    udpTimeout: field(
      anyDuration,
      seconds(0),
      'IPVS mode: how long after the last UDP packet; 0: as the kernel has it.',
      {
        flag: 'ipvs-udp-timeout',
      },
    ),
  },
  nftables: {
    masqueradeBit: field(anyInt32, 14, 'nftables mode: as in iptables.'),
    masqueradeAll: field(bool, false, 'nftables mode: as in iptables.', { flag: 'masquerade-all' }),
    syncPeriod: field(periodOfMode, seconds(30), 'nftables mode: as in iptables.', {
      flag: 'iptables-sync-period',
    }),
    minSyncPeriod: field(periodOfMode, seconds(1), 'nftables mode: as in iptables.', {
      flag: 'iptables-min-sync-period',
    }),
  },
  winkernel: {
    networkName: field(text, '', 'Windows only.'),
    sourceVip: field(text, '', 'Windows only.'),
    enableDSR: field(bool, false, 'Windows only.'),
    rootHnsEndpointName: field(text, '', 'Windows only.'),
    forwardHealthCheckVip: field(bool, false, 'Windows only.'),
  },
  detectLocalMode: field(DETECT_LOCAL_MODE, 'ClusterCIDR', 'How traffic of local pods is recognised.', {
    flag: 'detect-local-mode',
  }),
  detectLocal: {
    bridgeInterface: field(text, '', 'The bridge of the local pods, for BridgeInterface.', {
      flag: 'pod-bridge-interface',
    }),
    interfaceNamePrefix: field(
      text,
      '',
      'How the names of the links of local pods begin, for InterfaceNamePrefix.',
      { flag: 'pod-interface-name-prefix' },
    ),
  },
  clusterCIDR: field(
    text,
    '',
    'The networks of the pods: one, or one of each family with a comma between them.',
    { flag: 'cluster-cidr' },
  ),
  nodePortAddresses: field(
    nodePortAddresses,
    [] as readonly NodePortAddress[],
    'On which addresses NodePorts are served: networks, `primary`, `localhost`, `all`; empty: all, in nftables mode `primary`.',
    { flag: 'nodeport-addresses' },
  ),
  oomScoreAdj: field(
    integer(-1_000, 1_000),
    -999,
    'How ready the kernel is to kill this process for memory.',
    { flag: 'oom-score-adj' },
  ),
  conntrack: {
    maxPerCore: field(count, 32_768, 'nf_conntrack_max for each CPU; 0: as the kernel has it.', {
      flag: 'conntrack-max-per-core',
    }),
    min: field(count, 131_072, 'The least nf_conntrack_max, unless maxPerCore is 0.', {
      flag: 'conntrack-min',
    }),
    tcpEstablishedTimeout: field(
      durationOrZero,
      hours(24),
      'nf_conntrack_tcp_timeout_established; 0: as the kernel has it.',
      {
        flag: 'conntrack-tcp-timeout-established',
      },
    ),
    tcpCloseWaitTimeout: field(
      durationOrZero,
      hours(1),
      'nf_conntrack_tcp_timeout_close_wait; 0: as the kernel has it.',
      {
        flag: 'conntrack-tcp-timeout-close-wait',
      },
    ),
    tcpBeLiberal: field(
      bool,
      false,
      'nf_conntrack_tcp_be_liberal: packets outside of the window are not invalid.',
      {
        flag: 'conntrack-tcp-be-liberal',
      },
    ),
    udpTimeout: field(duration, seconds(0), 'nf_conntrack_udp_timeout; 0: as the kernel has it.', {
      flag: 'conntrack-udp-timeout',
    }),
    udpStreamTimeout: field(
      duration,
      seconds(0),
      'nf_conntrack_udp_timeout_stream; 0: as the kernel has it.',
      {
        flag: 'conntrack-udp-timeout-stream',
      },
    ),
  },
  configSyncPeriod: field(
    positiveDuration,
    seconds(900),
    'Accepted and ignored: watches need no reading again.',
    { flag: 'config-sync-period' },
  ),
  portRange: field(text, '', 'Accepted and ignored, as upstream.'),
  windowsRunAsService: field(bool, false, 'Windows only.', { isOmittedWhenEmpty: true }),
} as const;

/** The configuration, complete: what was not set has its default. A server without an address is not wanted. */
export type ProxyConfig = ValuesOf<typeof FIELDS>;
