import { describe, expect, it } from 'vitest';
import { type LoadedConfig, parseConfig } from '../../../src/config/load-config.ts';
import { fatalIpFaults, ipWarnings, type NodeFamilies } from '../../../src/daemon/ip-config.ts';
import { nodeIpsOf, primaryFamilyOf } from '../../../src/daemon/node-ips.ts';
import type { Cidr, Ip } from '../../../src/model/ip.ts';

function configOf(fields: string): LoadedConfig['config'] {
  const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
  return parseConfig(head + fields, { file: 'config.conf', flags: new Map() }).config;
}

const ONLY_4: NodeFamilies = { families: ['IPv4'], primaryFamily: 'IPv4', podCidrs: [] };
const BOTH: NodeFamilies = { families: ['IPv4', 'IPv6'], primaryFamily: 'IPv4', podCidrs: [] };
const PODS_6 = ['fd00:1::/64' as Cidr];

/** So that the warning about NodePorts on all addresses does not show. */
const QUIET = 'nodePortAddresses: [primary]\n';

describe('fatalIpFaults', () => {
  it.each<[string, string, NodeFamilies, string]>([
    [
      'the kernel lacks the primary family',
      '',
      { ...ONLY_4, primaryFamily: 'IPv6' },
      'the primary IP family is IPv6, which this node does not have',
    ],
    [
      'all cluster CIDRs are of a family that the node lacks',
      'clusterCIDR: fd00::/48',
      ONLY_4,
      "the node's primary family is IPv4, but clusterCIDR is fd00::/48",
    ],
    [
      'all podCIDRs are of the other family',
      'detectLocalMode: NodeCIDR',
      { ...BOTH, podCidrs: PODS_6 },
      "the node's primary family is IPv4, but podCIDRs is fd00:1::/64",
    ],
  ])('has one when %s', (_, fields, node, fault) => {
    expect(fatalIpFaults(configOf(fields), node)).toEqual([fault]);
  });

  it.each<[string, string, NodeFamilies]>([
    ['no cluster CIDR is set', '', ONLY_4],
    ['one of two cluster CIDRs fits', 'clusterCIDR: fd00::/48,10.0.0.0/8', ONLY_4],
    ['the node has the family beside the primary one', 'clusterCIDR: fd00::/48', BOTH],
    ['podCIDRs are not used', '', { ...BOTH, podCidrs: PODS_6 }],
    [
      'cluster CIDRs are not used',
      'clusterCIDR: fd00::/48\ndetectLocalMode: BridgeInterface\ndetectLocal: {bridgeInterface: cni0}',
      ONLY_4,
    ],
  ])('has none when %s', (_, fields, node) => {
    expect(fatalIpFaults(configOf(fields), node)).toEqual([]);
  });
});

describe('ipWarnings', () => {
  it.each<[string, NodeFamilies, string[]]>([
    [QUIET, BOTH, []],
    [
      '',
      BOTH,
      ['nodePortAddresses is not set: NodePorts answer on all addresses of the node; consider [primary]'],
    ],
    [
      'nodePortAddresses: [10.0.0.0/8]',
      BOTH,
      ['nodePortAddresses has no IPv6 network: NodePorts answer on all IPv6 addresses'],
    ],
    ['nodePortAddresses: [10.0.0.0/8]', ONLY_4, []],
    ['nodePortAddresses: [localhost, 10.0.0.0/8]', BOTH, []],
    ['nodePortAddresses: [all]', BOTH, []],
    ['mode: nftables', BOTH, []],
    [
      `${QUIET}clusterCIDR: fd00::/48`,
      BOTH,
      ["the node's primary family is IPv4, but clusterCIDR is fd00::/48"],
    ],
    [
      `${QUIET}healthzBindAddress: "[::]:10256"\nmetricsBindAddress: "[::1]:10249"`,
      ONLY_4,
      ['the node has IPv4 only, but metricsBindAddress is ::1'],
    ],
    [`${QUIET}metricsBindAddress: "[::1]:10249"`, BOTH, []],
  ])('says for %j on %j what may not be wanted', (fields, node, warnings) => {
    expect(ipWarnings(configOf(fields), node)).toEqual(warnings);
  });
});

describe('the IPs of a Node', () => {
  it.each([
    [['10.0.0.1', '10.0.0.2'], ['fd00::1'], ['10.0.0.1', 'fd00::1']],
    [[], ['fd00::1', '192.0.2.1'], ['fd00::1', '192.0.2.1']],
    [['10.0.0.1'], ['192.0.2.1'], ['10.0.0.1']],
    [[], [], []],
  ])(
    'are the first internal or external one and the first of the other family: %j %j',
    (internal, external, ips) => {
      expect(nodeIpsOf({ internalIps: internal as Ip[], externalIps: external as Ip[] })).toEqual(ips);
    },
  );

  it.each([
    ['bindAddress: fd00::9', ['10.0.0.1'], 'IPv6'],
    ['bindAddress: "::"', ['10.0.0.1'], 'IPv4'],
    ['', ['fd00::1', '10.0.0.1'], 'IPv6'],
    ['bindAddress: "::"', [], 'IPv4'],
  ])('decide the primary family where bindAddress does not: %j %j', (fields, internalIps, family) => {
    const node = { internalIps: internalIps as Ip[], externalIps: [] };
    expect(primaryFamilyOf(configOf(fields), node)).toBe(family);
  });
});
