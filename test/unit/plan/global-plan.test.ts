import { describe, expect, it } from 'vitest';
import type { IpFamily } from '../../../src/model/ip.ts';
import { planGlobal } from '../../../src/plan/global-plan.ts';
import type { GlobalPlan } from '../../../src/plan/plan.ts';
import type { NodeView, PlanConfig } from '../../../src/plan/plan-config.ts';
import { aNode, aPlanConfig } from '../../builders/plans.ts';
import { cidr, ip } from '../../builders/records.ts';

describe('the masquerade mark', () => {
  it.each([
    [14, 0x4000],
    [0, 1],
    [31, 0x8000_0000],
  ])('of bit %i is %i', (masqueradeBit, mark) => {
    expect(plan({ config: { masqueradeBit } }).masqueradeMark).toBe(mark);
  });
});

describe('the local detector', () => {
  it.each<[string, Partial<PlanConfig>, IpFamily, GlobalPlan['localDetector']]>([
    [
      'ClusterCIDR takes the first CIDR of the family',
      { clusterCidrs: [cidr('fd00::/8'), cidr('10.0.0.0/8'), cidr('11.0.0.0/8')] },
      'IPv4',
      { kind: 'source-cidr', cidr: cidr('10.0.0.0/8') },
    ],
    ['ClusterCIDR of IPv6', {}, 'IPv6', { kind: 'source-cidr', cidr: cidr('fd00:10:244::/48') }],
    [
      'ClusterCIDR without a CIDR of the family detects nothing',
      { clusterCidrs: [cidr('fd00::/8')] },
      'IPv4',
      { kind: 'none' },
    ],
    [
      'NodeCIDR takes the CIDR of the node',
      { detectLocalMode: 'NodeCIDR' },
      'IPv4',
      { kind: 'source-cidr', cidr: cidr('10.244.1.0/24') },
    ],
    [
      'BridgeInterface takes the interface',
      { detectLocalMode: 'BridgeInterface', bridgeInterface: 'cni0' },
      'IPv6',
      { kind: 'input-interface', name: 'cni0' },
    ],
    [
      'InterfaceNamePrefix takes the prefix',
      { detectLocalMode: 'InterfaceNamePrefix', interfaceNamePrefix: 'veth' },
      'IPv4',
      { kind: 'input-interface-prefix', prefix: 'veth' },
    ],
  ])('%s', (_, config, family, expected) => {
    expect(plan({ config, family }).localDetector).toEqual(expected);
  });

  it('NodeCIDR detects nothing while the node has no CIDR of the family', () => {
    const node = { podCidrs: [cidr('fd00::/64')] };
    expect(plan({ config: { detectLocalMode: 'NodeCIDR' }, node }).localDetector).toEqual({ kind: 'none' });
  });
});

describe('nodePortAddresses', () => {
  const ALL = { kind: 'all' };
  it.each<[string, PlanConfig['nodePortAddresses'], IpFamily, unknown]>([
    ['nothing: all addresses', [], 'IPv4', ALL],
    ['only CIDRs of the other family: all addresses', [cidr('192.0.2.0/24')], 'IPv6', ALL],
    ['a CIDR that holds everything: all addresses', [cidr('10.0.0.0/8'), cidr('0.0.0.0/0')], 'IPv4', ALL],
    ['a CIDR: the addresses in it', [cidr('192.0.2.0/24')], 'IPv4', { kind: 'only', ips: ['192.0.2.11'] }],
    ['a CIDR without addresses: none', [cidr('172.16.0.0/12')], 'IPv4', { kind: 'only', ips: [] }],
    [
      'several CIDRs: each address once, sorted',
      [cidr('192.0.0.0/16'), cidr('192.0.2.0/24'), cidr('10.244.0.0/16')],
      'IPv4',
      { kind: 'only', ips: ['10.244.1.254', '192.0.2.11'] },
    ],
    ['primary: the IP of the node', ['primary'], 'IPv4', { kind: 'only', ips: ['192.0.2.11'] }],
    ['primary in IPv6', ['primary'], 'IPv6', { kind: 'only', ips: ['2001:db8:2::11'] }],
  ])('%s', (_, nodePortAddresses, family, expected) => {
    expect(plan({ config: { nodePortAddresses }, family }).nodePortAddresses).toEqual(expected);
  });

  it.each<[string, Partial<NodeView>]>([
    ['unknown', { primaryIps: {} }],
    ['a loopback address', { primaryIps: { IPv4: ip('127.0.0.1') } }],
    ['on no link', { addresses: [ip('10.244.1.254')] }],
  ])('primary is no address, rather than every address, while the IP of the node is %s', (_, node) => {
    expect(plan({ config: { nodePortAddresses: ['primary'] }, node }).nodePortAddresses).toEqual({
      kind: 'only',
      ips: [],
    });
  });
});

describe('localhost NodePorts', () => {
  it.each<[string, Partial<PlanConfig>, IpFamily, boolean]>([
    ['are served by default', {}, 'IPv4', true],
    ['are never served on ::1', {}, 'IPv6', false],
    ['can be switched off', { localhostNodePorts: false }, 'IPv4', false],
    [
      'are served when nodePortAddresses name loopback',
      { nodePortAddresses: [cidr('127.0.0.0/8')] },
      'IPv4',
      true,
    ],
    [
      'are not served when nodePortAddresses leave loopback out',
      { nodePortAddresses: [cidr('192.0.2.0/24')] },
      'IPv4',
      false,
    ],
    ['are not served on the primary IP alone', { nodePortAddresses: ['primary'] }, 'IPv4', false],
  ])('%s', (_, config, family, expected) => {
    expect(plan({ config, family }).hasLocalhostNodePorts).toBe(expected);
  });

  it.each<[boolean, string[]]>([
    [true, ['127.0.0.1']],
    [false, []],
  ])('with localhostNodePorts %s, nodePortAddresses of 127.0.0.0/8 mean %j', (localhostNodePorts, ips) => {
    const config = { localhostNodePorts, nodePortAddresses: [cidr('127.0.0.0/8')] };
    expect(plan({ config }).nodePortAddresses).toEqual({ kind: 'only', ips });
  });

  it('never puts ::1 among the addresses of NodePorts', () => {
    const config = { nodePortAddresses: [cidr('::1/128'), cidr('2001:db8::/32')] };
    expect(plan({ config, family: 'IPv6' }).nodePortAddresses).toEqual({
      kind: 'only',
      ips: ['2001:db8:2::11'],
    });
  });
});

it('has the addresses and ServiceCIDRs of its family, sorted and without doubles', () => {
  const serviceCidrs = ['10.112.0.0/12', 'fd00:10:96::/112', '10.96.0.0/12', '10.96.0.0/12'].map(cidr);
  expect(plan({ serviceCidrs }).serviceCidrs).toEqual(['10.112.0.0/12', '10.96.0.0/12']);
  expect(plan({}).nodeAddresses).toEqual(['10.244.1.254', '127.0.0.1', '192.0.2.11']);
  expect(plan({ family: 'IPv6' }).nodeAddresses).toEqual(['2001:db8:2::11', '::1']);
});

function plan({
  family = 'IPv4',
  config = {},
  node = {},
  serviceCidrs = [],
}: {
  readonly family?: IpFamily;
  readonly config?: Partial<PlanConfig>;
  readonly node?: Partial<NodeView>;
  readonly serviceCidrs?: Parameters<typeof planGlobal>[0]['serviceCidrs'];
}): GlobalPlan {
  return planGlobal({ family, config: aPlanConfig(config), node: aNode(node), serviceCidrs });
}
