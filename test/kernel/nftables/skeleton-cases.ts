// Configurations that make different chains, in both families.
import type { SkeletonContext } from '../../../src/dataplane/nftables/skeleton.ts';
import type { IpFamily } from '../../../src/model/ip.ts';
import type { GlobalPlan } from '../../../src/plan/plan.ts';
import { aGlobalPlan } from '../../builders/iptables-plans.ts';
import { cidr, ip } from '../../builders/records.ts';

export interface SkeletonCase {
  readonly name: string;
  readonly context: SkeletonContext;
}

export const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];

/** The others are told by what they have beyond this one. */
export function defaultCase(family: IpFamily): SkeletonCase {
  return skeletonCase('default', family, {});
}

export function otherCases(family: IpFamily): readonly SkeletonCase[] {
  const primaryIp = ip(family === 'IPv4' ? '192.0.2.11' : '2001:db8:2::11');
  return [
    skeletonCase('affinity', family, {}, [10_800, 60]),
    skeletonCase('masquerade-all', family, { masqueradeAll: true, masqueradeMark: 2 ** 31 }),
    skeletonCase('node-port-addresses', family, { nodePortAddresses: { kind: 'only', ips: [primaryIp] } }),
    skeletonCase('no-detector', family, { localDetector: { kind: 'none' } }),
    skeletonCase('unaligned-cidr', family, {
      localDetector: { kind: 'source-cidr', cidr: cidr(family === 'IPv4' ? '10.128.0.0/9' : 'fd00:20::/29') },
    }),
    skeletonCase('whole-cidr', family, {
      localDetector: { kind: 'source-cidr', cidr: cidr(family === 'IPv4' ? '0.0.0.0/0' : '::/0') },
    }),
    skeletonCase('bridge', family, { localDetector: { kind: 'input-interface', name: 'cni0' } }),
    skeletonCase('interface-prefix', family, {
      localDetector: { kind: 'input-interface-prefix', prefix: 'veth' },
    }),
    ...(family === 'IPv4' ? [skeletonCase('localhost', family, { hasLocalhostNodePorts: true })] : []),
  ];
}

function skeletonCase(
  name: string,
  family: IpFamily,
  global: Partial<GlobalPlan>,
  affinitySeconds: readonly number[] = [],
): SkeletonCase {
  const podCidr = cidr(family === 'IPv4' ? '10.244.0.0/16' : 'fd00:10:244::/48');
  const fields = { hasLocalhostNodePorts: false, ...global };
  const localDetector = { kind: 'source-cidr', cidr: podCidr } as const;
  return { name, context: { family, global: aGlobalPlan({ localDetector, ...fields }), affinitySeconds } };
}
