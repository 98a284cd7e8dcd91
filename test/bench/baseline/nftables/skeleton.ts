// What is in the table whatever the Services: base chains, the chains that they lead to, and empty sets and maps (setupNFTables
// in pkg/proxy/nftables/proxier.go, 1.36).
import type { GlobalPlan, ProxyPlan } from '../../../../src/plan/plan.ts';
import type { BaselineChain, BaselineObjects, BaselineSet } from './table.ts';
import { type FamilyWords, hex, markText, podCidr, wordsOf } from './words.ts';

export function skeleton({ family, global }: Pick<ProxyPlan, 'family' | 'global'>): BaselineObjects {
  const words = wordsOf(family);
  return {
    sets: setsOf(words),
    chains: [
      ...baseChains(),
      ...checkChains(words, global),
      servicesChain(words, global),
      masquerading(words, global),
    ],
    elements: nodePortIps(global).map((ip) => ({ of: 'nodeport-ips', key: ip })),
  };
}

function setsOf({ addressType }: FamilyWords): BaselineSet[] {
  const frontend = `${addressType} . inet_proto . inet_service`;
  const nodePort = 'inet_proto . inet_service';
  return [
    set('hairpin-connections', `${addressType} . ${frontend}`, 'service hairpin connections'),
    set('cluster-ips', addressType, 'Active ClusterIPs'),
    set('nodeport-ips', addressType, 'IPs that accept NodePort traffic'),
    map('no-endpoint-services', frontend, 'vmap to drop or reject packets to services with no endpoints'),
    map(
      'no-endpoint-nodeports',
      nodePort,
      'vmap to drop or reject packets to service nodeports with no endpoints',
    ),
    map('firewall-ips', frontend, 'destinations that are subject to LoadBalancerSourceRanges'),
    map('service-ips', frontend, 'ClusterIP, ExternalIP and LoadBalancer IP traffic'),
    map('service-nodeports', nodePort, 'NodePort traffic'),
  ];
}

function set(name: string, key: string, comment: string): BaselineSet {
  return { kind: 'set', name, properties: [`type ${key}`, `comment "${comment}"`] };
}

function map(name: string, key: string, comment: string): BaselineSet {
  return { kind: 'map', name, properties: [`type ${key} : verdict`, `comment "${comment}"`] };
}

function baseChains(): BaselineChain[] {
  const base = (name: string, hook: string, jumps: readonly string[]): BaselineChain => ({
    name,
    property: `type ${hook}; policy accept;`,
    rules: jumps,
  });
  const forNew = (...chains: string[]) => chains.map((chain) => `ct state new jump ${chain}`);
  const onTheWay = forNew('service-endpoints-check', 'cluster-ips-check');
  return [
    base(
      'filter-prerouting-pre-dnat',
      'filter hook prerouting priority dstnat - 10',
      forNew('firewall-check'),
    ),
    base('filter-output-pre-dnat', 'filter hook output priority -110', forNew('firewall-check')),
    base(
      'filter-input',
      'filter hook input priority filter',
      forNew('nodeport-endpoints-check', 'service-endpoints-check'),
    ),
    base('filter-forward', 'filter hook forward priority filter', onTheWay),
    base('filter-output', 'filter hook output priority filter', onTheWay),
    base('nat-prerouting', 'nat hook prerouting priority dstnat', ['jump services']),
    base('nat-output', 'nat hook output priority -100', ['jump services']),
    base('nat-postrouting', 'nat hook postrouting priority srcnat', ['jump masquerading']),
  ];
}

function checkChains({ ip }: FamilyWords, { serviceCidrs }: GlobalPlan): BaselineChain[] {
  const frontend = `${ip} daddr . meta l4proto . th dport`;
  const unallocated = serviceCidrs.map(
    (cidr) => `${ip} daddr ${cidr} drop comment "Drop traffic to unallocated ClusterIPs"`,
  );
  return [
    {
      name: 'nodeport-endpoints-check',
      rules: [`${ip} daddr @nodeport-ips meta l4proto . th dport vmap @no-endpoint-nodeports`],
    },
    { name: 'service-endpoints-check', rules: [`${frontend} vmap @no-endpoint-services`] },
    { name: 'firewall-check', rules: [`${frontend} vmap @firewall-ips`] },
    {
      name: 'cluster-ips-check',
      rules: [
        `${ip} daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"`,
        ...unallocated,
      ],
    },
    {
      name: 'reject-chain',
      property: 'comment "helper for @no-endpoint-services / @no-endpoint-nodeports"',
      rules: ['reject'],
    },
  ];
}

function servicesChain({ ip }: FamilyWords, global: GlobalPlan): BaselineChain {
  const fromElsewhere = `${ip} daddr @cluster-ips ${ip} saddr != ${podCidr(global)}`;
  return {
    name: 'services',
    rules: [
      `${fromElsewhere} ${markText('|', global)} comment "masquerade clusterIP traffic from outside cluster"`,
      `${ip} daddr . meta l4proto . th dport vmap @service-ips`,
      `${ip} daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports`,
    ],
  };
}

function masquerading({ ip }: FamilyWords, global: GlobalPlan): BaselineChain {
  const isMarked = `meta mark & ${hex(global.masqueradeMark)} != 0x00000000`;
  const hairpin = `ct status dnat ${ip} saddr . ${ip} daddr . meta l4proto . th dport @hairpin-connections`;
  return {
    name: 'masquerading',
    rules: [
      `${isMarked} ${markText('^', global)} masquerade fully-random`,
      `${hairpin} masquerade fully-random`,
    ],
  };
}

/** kube-proxy's nftables mode restricts NodePorts to primary addresses by default. */
function nodePortIps({ nodePortAddresses }: GlobalPlan): readonly string[] {
  if (nodePortAddresses.kind === 'all') throw new Error('no baseline for NodePorts on all addresses');
  return nodePortAddresses.ips;
}
