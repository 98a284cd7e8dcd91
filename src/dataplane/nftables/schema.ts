// The sets and maps of the table: names, fields of their keys, what they map to. Everything that differs from Service to Service
// is an element of one of these, so their number does not depend on the cluster.

/**
 * Fields of keys and data: an address of the family; a protocol, a port and a slot, which each take four bytes in a key.
 * A NodePort has the address of all zeros (`0.0.0.0`, `::`) in its key.
 */
export type Field = 'address' | 'protocol' | 'port' | 'slot';

export interface SetSchema {
  readonly name: SetName;
  /** Shown by `nft list`. */
  readonly comment: string;
  readonly key: readonly Field[];
  /** What a map has for a key; undefined for a set. Never a verdict: see service-chains.ts. */
  readonly value?: readonly Field[];
  /** Keys are ranges; several fields in one key each have a range of their own. */
  readonly isInterval?: boolean;
  /** Packets add to it, elements expire. Its elements are never compared with a desired state. */
  readonly isLearned?: boolean;
}

/** A frontend picks among its endpoints in the chain of the smallest size that holds them: see pick-chains.ts. */
export const PICK_SIZES = [1, 4, 16, 128, 2048, 65_536] as const;

export type PickSize = (typeof PICK_SIZES)[number];

/** Of the frontends with up to so many endpoints, or so many of this node. */
export type SizeSetName = `frontends-${PickSize}` | `local-frontends-${PickSize}`;

/** Of the session affinity with a timeout of so many seconds: there is one set for each timeout in use. */
export type AffinitySetName = `affinity-${number}s`;

export type FixedSetName =
  | SizeSetName
  | 'plain-frontends'
  | 'treated-frontends'
  | 'cluster-external-frontends'
  | 'local-external-frontends'
  | 'endpoints'
  | 'rejected-frontends'
  | 'dropped-frontends'
  | 'restricted-frontends'
  | 'allowed-sources'
  | 'hairpin-endpoints'
  | 'service-cluster-ips'
  | 'service-cidrs'
  | 'node-port-addresses'
  | 'clients';

export type SetName = FixedSetName | AffinitySetName;

const FRONTEND = ['address', 'protocol', 'port'] as const;

/** In the order in which they are made: the kernel finds the first ones by name faster than the last. */
export const FIXED_SETS: readonly SetSchema[] = [
  {
    name: 'endpoints',
    comment: 'endpoints by frontend and slot; external policy Local: from 65536 on',
    key: [...FRONTEND, 'slot'],
    value: ['address', 'port'],
  },
  {
    name: 'plain-frontends',
    comment: 'frontends that need no more than a pick: ClusterIPs without session affinity',
    key: FRONTEND,
  },
  {
    name: 'treated-frontends',
    comment: 'frontends that need more: external ones, and those with session affinity',
    key: FRONTEND,
  },
  ...PICK_SIZES.map((size) => sizeSet(size, false)),
  { name: 'service-cluster-ips', comment: 'ClusterIPs of Services', key: ['address'] },
  {
    name: 'hairpin-endpoints',
    comment: 'endpoints that may run here: their connections to themselves are masqueraded',
    key: ['address', 'address', 'protocol', 'port'],
  },
  ...PICK_SIZES.map((size) => sizeSet(size, true)),
  {
    name: 'cluster-external-frontends',
    comment: 'frontends for the outside, policy Cluster: masqueraded',
    key: FRONTEND,
  },
  {
    name: 'local-external-frontends',
    comment: 'frontends for the outside, policy Local',
    key: FRONTEND,
  },
  { name: 'rejected-frontends', comment: 'frontends without endpoints', key: FRONTEND },
  {
    name: 'dropped-frontends',
    comment: 'frontends without endpoints on this node, policy Local',
    key: FRONTEND,
  },
  { name: 'restricted-frontends', comment: 'frontends with loadBalancerSourceRanges', key: FRONTEND },
  {
    name: 'allowed-sources',
    comment: 'loadBalancerSourceRanges',
    key: [...FRONTEND, 'address'],
    isInterval: true,
  },
  {
    name: 'service-cidrs',
    comment: 'networks of which ClusterIPs are allocated',
    key: ['address'],
    isInterval: true,
  },
  {
    name: 'node-port-addresses',
    comment: 'addresses of this node that answer on NodePorts',
    key: ['address'],
  },
  {
    name: 'clients',
    comment: 'session affinity: the endpoint of each client',
    key: [...FRONTEND, 'address'],
    value: ['address', 'port'],
    isLearned: true,
  },
];

/** Local: as clients outside see the frontends, under the policy Local. */
export function sizeSetName(size: PickSize, isLocal: boolean): SizeSetName {
  return isLocal ? `local-frontends-${size}` : `frontends-${size}`;
}

function sizeSet(size: PickSize, isLocal: boolean): SetSchema {
  const endpoints = size === 1 ? 'one endpoint' : `up to ${size} endpoints`;
  const where = isLocal ? ' on this node, for clients outside, policy Local' : '';
  return { name: sizeSetName(size, isLocal), comment: `frontends with ${endpoints}${where}`, key: FRONTEND };
}

/** The frontends whose clients keep their endpoint for so many seconds. */
export function affinitySet(seconds: number): SetSchema {
  return {
    name: `affinity-${seconds}s`,
    comment: 'frontends with session affinity of this timeout',
    key: FRONTEND,
  };
}

const BY_NAME: ReadonlyMap<string, SetSchema> = new Map(FIXED_SETS.map((schema) => [schema.name, schema]));

/** undefined for a name that is not ours. */
export function findSchema(name: string): SetSchema | undefined {
  const seconds = /^affinity-([1-9]\d{0,8})s$/.exec(name)?.[1];
  return seconds ? affinitySet(Number(seconds)) : BY_NAME.get(name);
}

export function schemaOf(name: SetName): SetSchema {
  const schema = findSchema(name);
  if (!schema) throw new Error(`no set is called ${name}`);
  return schema;
}

/** Slots of endpoints of this node, for clients outside, begin here; the others are below. */
export const FIRST_LOCAL_SLOT = 65_536;
