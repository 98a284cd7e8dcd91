// Which ClusterIPs and node ports are taken. Follows the store, so that whatever puts Services there or deletes them, the
// addresses are taken and free again.
import { type Cidr, cidrContains, type Ip, type IpFamily, ipFamilyOf, parseCidr } from '../../model/ip.ts';
import { type AddressRange, addressAt, addressRange, isInRange, staticBandSize } from './address-range.ts';
import type { ApiObject } from './objects.ts';
import { serviceCidrs, services } from './resources.ts';
import { NO_CLUSTER_IP, specOf } from './service-spec.ts';
import type { ObjectStore } from './store.ts';

const FIRST_NODE_PORT = 30_000;
const LAST_NODE_PORT = 32_767;

/** Larger numbers have no fractions to choose by. */
const RANDOM_LIMIT = 1n << 52n;

export class ServiceAddresses {
  readonly #store: ObjectStore;
  readonly #random: () => number;
  readonly #ips = new Map<string, number>();
  readonly #nodePorts = new Map<number, number>();

  /** `random` is in [0, 1). */
  constructor(store: ObjectStore, random: () => number) {
    this.#store = store;
    this.#random = random;
    for (const service of store.list(services.bucket)) this.#count(service, 1);
    store.onChange(services.bucket, ({ previous, current }) => {
      this.#count(previous, -1);
      this.#count(current, 1);
    });
  }

  /** The families that the cluster has addresses of, the default first. */
  families(): readonly IpFamily[] {
    return [...new Set(cidrsOf(this.#store).map(ipFamilyOf))];
  }

  /** Why the address cannot be had, in kube-apiserver's words, or undefined if it can. */
  refuseIp(ip: Ip): string | undefined {
    const cidr = cidrsOf(this.#store).find((candidate) => cidrContains(candidate, ip));
    if (!cidr) return 'the provided network does not match the current range';
    if (!isInRange(addressRange(cidr), ip)) {
      return `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${cidr}`;
    }
    return this.#ips.has(ip) ? 'provided IP is already allocated' : undefined;
  }

  /** A free address at random, or undefined if none is left. */
  freeIp(family: IpFamily): Ip | undefined {
    const ofFamily = cidrsOf(this.#store).filter((cidr) => ipFamilyOf(cidr) === family);
    for (const range of ofFamily.map(addressRange)) {
      // What is often asked for by number is given away last.
      const band = staticBandSize(range);
      const ip = this.#freeBetween(range, band, range.size) ?? this.#freeBetween(range, 0n, band);
      if (ip) return ip;
    }
    return undefined;
  }

  /** Why the port cannot be had, or undefined if it can. */
  refuseNodePort(port: number): string | undefined {
    if (port < FIRST_NODE_PORT || port > LAST_NODE_PORT) {
      return `provided port is not in the valid range. The range of valid ports is ${FIRST_NODE_PORT}-${LAST_NODE_PORT}`;
    }
    return this.#nodePorts.has(port) ? 'provided port is already allocated' : undefined;
  }

  /** A free node port at random that is not among `taken`, or undefined if none is left. */
  freeNodePort(taken: ReadonlySet<number>): number | undefined {
    const total = LAST_NODE_PORT - FIRST_NODE_PORT + 1;
    const start = Math.floor(this.#random() * total);
    for (let step = 0; step < total; step++) {
      const port = FIRST_NODE_PORT + ((start + step) % total);
      if (!this.#nodePorts.has(port) && !taken.has(port)) return port;
    }
    return undefined;
  }

  #freeBetween(range: AddressRange, from: bigint, to: bigint): Ip | undefined {
    const size = to - from;
    const start = BigInt(Math.floor(this.#random() * Number(size < RANDOM_LIMIT ? size : RANDOM_LIMIT)));
    for (let step = 0n; step < size; step++) {
      const ip = addressAt(range, from + ((start + step) % size));
      if (!this.#ips.has(ip)) return ip;
    }
    return undefined;
  }

  #count(service: ApiObject | undefined, by: 1 | -1): void {
    for (const ip of clusterIps(service)) count(this.#ips, ip, by);
    for (const port of allNodePorts(service)) count(this.#nodePorts, port, by);
  }
}

function cidrsOf(store: ObjectStore): Cidr[] {
  return store
    .list(serviceCidrs.bucket)
    .flatMap((object) => (object['spec'] as { cidrs?: readonly string[] } | undefined)?.cidrs ?? [])
    .map(parseCidr)
    .filter((cidr) => cidr !== undefined);
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
