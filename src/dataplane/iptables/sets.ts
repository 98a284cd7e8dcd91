// Our ipsets: how they are changed, and how they are read back. Affinity sets are named like the KUBE-SEP- chain that they
// belong to; one set per family holds all ClusterIPs.
import { type Ip, type IpFamily, parseIp } from '../../model/ip.ts';
import { assertNever } from '../../util/assert-never.ts';
import type { Owner } from './chain.ts';
import { clusterIpSetName } from './names.ts';

export type SetChange =
  | { readonly kind: 'create-affinity'; readonly name: string; readonly owner: Owner }
  | { readonly kind: 'destroy-affinity'; readonly name: string }
  | { readonly kind: 'create-cluster-ips' }
  | { readonly kind: 'add-cluster-ip'; readonly ip: Ip }
  | { readonly kind: 'remove-cluster-ip'; readonly ip: Ip };

/**
 * A set grows only when a program adds to it. Packets add to these, and a bucket that has its 12 clients takes no more: 64 buckets
 * kept 768 clients, 1,024 keep more than 2,000, which is chance. There is one set for each endpoint, and an empty one costs 9 KiB:
 * with 4,096 buckets, 33 KiB each, thousands of Services with affinity would take hundreds of MiB.
 */
const AFFINITY_HASH_SIZE = 1024;

const FAMILY = { IPv4: 'inet', IPv6: 'inet6' } as const;

/** The change as a line for `ipset restore`. */
export function setCommand(family: IpFamily, change: SetChange): string {
  switch (change.kind) {
    case 'create-affinity':
      return `create ${change.name} hash:ip family ${FAMILY[family]} hashsize ${AFFINITY_HASH_SIZE} maxelem 65536 timeout 0`;
    case 'destroy-affinity':
      return `destroy ${change.name}`;
    case 'create-cluster-ips':
      return `create ${clusterIpSetName(family)} hash:ip family ${FAMILY[family]} hashsize 1024 maxelem 1048576`;
    case 'add-cluster-ip':
      return `add ${clusterIpSetName(family)} ${change.ip}`;
    case 'remove-cluster-ip':
      return `del ${clusterIpSetName(family)} ${change.ip}`;
    default:
      return assertNever(change);
  }
}

/** The affinity sets of the family in the output of `ipset list -terse`. */
export function parseAffinitySets(listing: string, family: IpFamily): Set<string> {
  const names = new Set<string>();
  for (const block of listing.split('\n\n')) {
    const name = /^Name: (KUBE-SEP-\S+)$/m.exec(block)?.[1];
    if (name && block.includes(`Header: family ${FAMILY[family]} `)) names.add(name);
  }
  return names;
}

/** The members in the output of `ipset save` of the ClusterIP set. */
export function parseClusterIps(saved: string, family: IpFamily): Set<Ip> {
  const prefix = `add ${clusterIpSetName(family)} `;
  const members = saved.split('\n').filter((line) => line.startsWith(prefix));
  return new Set(
    members.map((line) => parseIp(line.slice(prefix.length).trim())).filter((ip) => ip !== undefined),
  );
}
