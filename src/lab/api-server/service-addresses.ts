// Which ClusterIPs and node ports are taken. Follows the store, so that whatever puts Services there or deletes them, the
// addresses are taken and free again.
import { type Cidr, cidrContains, type Ip, type IpFamily, ipFamilyOf, parseCidr } from '../../model/ip.ts';
import { type AddressRange, addressAt, addressRange, isInRange, staticBandSize } from './address-range.ts';
import type { ApiObject } from './objects.ts';
import { serviceCidrs, services } from './resources.ts';
import { NO_CLUSTER_IP, specOf } from './service-spec.ts';
import type { Change, ObjectStore } from './store.ts';

export const FIRST_NODE_PORT = 30_000;
export const LAST_NODE_PORT = 32_767;

export interface ServiceAddresses {
  /** The families that the cluster has addresses of, the default first. */
  readonly families: () => readonly IpFamily[];
  /** Why the address cannot be had, in kube-apiserver's words, or undefined if it can. */
  readonly refuseIp: (ip: Ip) => string | undefined;
  /** A free address at random, or undefined if none is left. */
  readonly freeIp: (family: IpFamily) => Ip | undefined;
  readonly refuseNodePort: (port: number) => string | undefined;
  /** A free node port at random that is not among `taken`, or undefined if none is left. */
  readonly freeNodePort: (taken: ReadonlySet<number>) => number | undefined;
}

/** `random` is in [0, 1). */
export function followServiceAddresses(store: ObjectStore, random: () => number): ServiceAddresses {
  const ips = new Map<string, number>();
  const nodePorts = new Map<number, number>();
  const follow = ({ previous, current }: Pick<Change, 'previous' | 'current'>): void => {
    for (const ip of clusterIps(previous)) count(ips, ip, -1);
    for (const port of allNodePorts(previous)) count(nodePorts, port, -1);
    for (const ip of clusterIps(current)) count(ips, ip, 1);
    for (const port of allNodePorts(current)) count(nodePorts, port, 1);
  };
  store.onChange(services.bucket, follow);
  for (const current of store.list(services.bucket)) follow({ previous: undefined, current });
  const ranges = (): AddressRange[] => cidrsOf(store).map(addressRange);

  return {
    families: () => [...new Set(cidrsOf(store).map(ipFamilyOf))],
    refuseIp: (ip) => {
      const range = ranges().find(({ cidr }) => cidrContains(cidr, ip));
      if (!range) return 'the provided network does not match the current range';
      if (!isInRange(range, ip)) return notInRange(ip, range);
      return ips.has(ip) ? 'provided IP is already allocated' : undefined;
    },
    freeIp: (family) => {
      for (const range of ranges()) {
        const ip = ipFamilyOf(range.cidr) === family ? freeIn(range, ips, random) : undefined;
        if (ip) return ip;
      }
      return undefined;
    },
    refuseNodePort: (port) => {
      if (port < FIRST_NODE_PORT || port > LAST_NODE_PORT) {
        return `provided port is not in the valid range. The range of valid ports is ${FIRST_NODE_PORT}-${LAST_NODE_PORT}`;
      }
      return nodePorts.has(port) ? 'provided port is already allocated' : undefined;
    },
    freeNodePort: (taken) => {
      const total = LAST_NODE_PORT - FIRST_NODE_PORT + 1;
      const start = Math.floor(random() * total);
      for (let step = 0; step < total; step++) {
        const port = FIRST_NODE_PORT + ((start + step) % total);
        if (!nodePorts.has(port) && !taken.has(port)) return port;
      }
      return undefined;
    },
  };
}

function cidrsOf(store: ObjectStore): Cidr[] {
  return store
    .list(serviceCidrs.bucket)
    .flatMap((object) => (object['spec'] as { cidrs?: readonly string[] } | undefined)?.cidrs ?? [])
    .map(parseCidr)
    .filter((cidr) => cidr !== undefined);
}

/** First above the static band, then in it. */
function freeIn(
  range: AddressRange,
  taken: ReadonlyMap<string, number>,
  random: () => number,
): Ip | undefined {
  const band = staticBandSize(range);
  return freeBetween(range, band, range.size, taken, random) ?? freeBetween(range, 0n, band, taken, random);
}

function freeBetween(
  range: AddressRange,
  from: bigint,
  to: bigint,
  taken: ReadonlyMap<string, number>,
  random: () => number,
): Ip | undefined {
  const size = to - from;
  // Numbers of 2^53 and more have no fractions left to choose by.
  const start = BigInt(Math.floor(random() * Number(size < 1n << 52n ? size : 1n << 52n)));
  // One more than there are takers: among so many addresses one is free.
  const tries = size < BigInt(taken.size) ? size : BigInt(taken.size) + 1n;
  for (let step = 0n; step < tries && step < size; step++) {
    const ip = addressAt(range, from + ((start + step) % size));
    if (!taken.has(ip)) return ip;
  }
  return undefined;
}

function notInRange(ip: Ip, { cidr }: AddressRange): string {
  return `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${cidr}`;
}

function clusterIps(service: ApiObject | undefined): readonly string[] {
  return (specOf(service).clusterIPs ?? []).filter((ip) => ip !== NO_CLUSTER_IP);
}

function allNodePorts(service: ApiObject | undefined): ReadonlySet<number> {
  const { ports = [], healthCheckNodePort = 0 } = specOf(service);
  const all = new Set([...ports.map(({ nodePort = 0 }) => nodePort), healthCheckNodePort]);
  all.delete(0);
  return all;
}

function count<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  const sum = (counts.get(key) ?? 0) + by;
  if (sum > 0) counts.set(key, sum);
  else counts.delete(key);
}
