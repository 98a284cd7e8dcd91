// Tables twice: as text that nft loads, and as what we write. Each rule has a kind of expression that no other has.
import type { NftBatch } from '../../../src/system/netlink/nftables/nft-batch.ts';
import type { NftExpression, Register } from '../../../src/system/netlink/nftables/nft-expression.ts';
import type { NftElement, NftFieldType, NftSet } from '../../../src/system/netlink/nftables/nft-set.ts';
import type { NftChain, NftTable } from '../../../src/system/netlink/nftables/nft-table.ts';

export interface Sample {
  readonly table: NftTable;
  readonly text: string;
  readonly fill: (batch: NftBatch) => void;
}

interface Family {
  readonly family: NftTable['family'];
  readonly keyword: 'ip' | 'ip6';
  readonly typeName: string;
  readonly type: NftFieldType;
  readonly addressBytes: number;
  readonly sourceOffset: number;
  readonly destinationOffset: number;
  readonly zero: string;
  /** As text and as bytes in hexadecimal: an address, another, and a network with all of its addresses. */
  readonly address: readonly [string, string];
  readonly endpoint: readonly [string, string];
  readonly network: readonly [text: string, first: string, last: string];
  /** Until the end of all addresses. */
  readonly multicast: readonly [text: string, first: string, last: string];
  /** As nft compares it: whole bytes only. */
  readonly prefix: string;
}

const IPV4: Family = {
  family: 'IPv4',
  keyword: 'ip',
  typeName: 'ipv4_addr',
  type: 'ipv4-address',
  addressBytes: 4,
  sourceOffset: 12,
  destinationOffset: 16,
  zero: '0.0.0.0',
  address: ['10.96.0.1', '0a600001'],
  endpoint: ['10.244.1.2', '0af40102'],
  network: ['10.244.0.0/16', '0af40000', '0af4ffff'],
  multicast: ['224.0.0.0/3', 'e0000000', 'ffffffff'],
  prefix: '0af4',
};

const IPV6: Family = {
  family: 'IPv6',
  keyword: 'ip6',
  typeName: 'ipv6_addr',
  type: 'ipv6-address',
  addressBytes: 16,
  sourceOffset: 8,
  destinationOffset: 24,
  zero: '::',
  address: ['fd00:96::1', `fd000096${'0'.repeat(23)}1`],
  endpoint: ['fd00:244::2', `fd000244${'0'.repeat(23)}2`],
  network: ['fd00:244::/32', `fd000244${'0'.repeat(24)}`, `fd000244${'f'.repeat(24)}`],
  multicast: ['ff00::/8', `ff${'0'.repeat(30)}`, 'f'.repeat(32)],
  prefix: 'fd000244',
};

/** Beyond the modulus that the type of the key has, which limits nothing. */
const SLOT = 65_541;
const SLOT_BYTES = '05000100';
const TCP_80 = '0600000000500000';
const PORT_8080 = '1f900000';

export const SAMPLES: readonly Sample[] = [sample(IPV4), sample(IPV6)];

function sample(family: Family): Sample {
  const table = { family: family.family, name: 'sample' };
  const rules = [...rulesOf(family), ...(family === IPV4 ? [learnRule()] : [])];
  return {
    table,
    text: textOf(family, rules),
    fill: (batch) => {
      batch.newTable('a sample');
      for (const chain of CHAINS) batch.newChain(chain);
      for (const { set, elements = [] } of setsOf(family)) {
        batch.newSet(set);
        batch.newElements(set, elements);
      }
      for (const { expressions, comment } of rules)
        batch.newRule('rules', { expressions, ...(comment !== undefined && { comment }) });
    },
  };
}

const CHAINS: readonly NftChain[] = [
  { name: 'rules', comment: 'all rules' },
  { name: 'other' },
  { name: 'base', hook: { type: 'nat', point: 'prerouting', priority: -100 }, comment: 'where all begins' },
  { name: 'late', hook: { type: 'filter', point: 'postrouting', priority: 99 } },
];

interface SampleRule {
  readonly text: string;
  readonly expressions: readonly NftExpression[];
  readonly comment?: string;
}

interface SampleSet {
  readonly text: string;
  readonly set: NftSet;
  readonly elements?: readonly NftElement[];
}

function textOf(family: Family, rules: readonly SampleRule[]): string {
  const { keyword } = family;
  return `table ${keyword} sample {
    comment "a sample"
    ${setsOf(family)
      .map(({ text }) => text)
      .join('\n')}
    chain rules {
      comment "all rules"
      ${rules.map(({ text, comment }) => (comment ? `${text} comment "${comment}"` : text)).join('\n')}
    }
    chain other { }
    chain base { comment "where all begins"; type nat hook prerouting priority -100; policy accept; }
    chain late { type filter hook postrouting priority 99; policy accept; }
  }`;
}

function setsOf(family: Family): SampleSet[] {
  const { keyword, typeName, type, address, endpoint, network, multicast } = family;
  const key: readonly NftFieldType[] = [type, 'protocol', 'port'];
  const keyText = `${typeName} . inet_proto . inet_service`;
  return [
    {
      text: `set addresses { type ${typeName}; comment "some addresses"; elements = { ${address[0]} } }`,
      set: { name: 'addresses', key: [type], comment: 'some addresses' },
      elements: [{ key: packed(address[1]) }],
    },
    {
      text: `set frontends { type ${keyText}; comment "some frontends"; elements = {
        ${address[0]} . tcp . 80 comment "default/web:http", ${endpoint[0]} . tcp . 80 } }`,
      set: { name: 'frontends', key, comment: 'some frontends' },
      elements: [
        { key: packed(address[1] + TCP_80), comment: 'default/web:http' },
        { key: packed(endpoint[1] + TCP_80) },
      ],
    },
    {
      text: `map endpoints {
        typeof ${keyword} daddr . meta l4proto . th dport . numgen random mod 16 : ${keyword} daddr . th dport
        elements = { ${address[0]} . tcp . 80 . ${SLOT} : ${endpoint[0]} . 8080 } }`,
      set: { name: 'endpoints', key: [...key, 'number'], value: [type, 'port'] },
      elements: [{ key: packed(address[1] + TCP_80 + SLOT_BYTES), value: packed(endpoint[1] + PORT_8080) }],
    },
    {
      text: `set networks { type ${typeName}; flags interval; elements = {
        ${network[0]} comment "pods", ${multicast[0]} } }`,
      set: { name: 'networks', key: [type], isInterval: true },
      elements: [
        { key: packed(network[1]), keyEnd: packed(network[2]), comment: 'pods' },
        { key: packed(multicast[1]), keyEnd: packed(multicast[2]) },
      ],
    },
    {
      text: `set ranges { type ${typeName} . inet_service; flags interval; elements = { ${network[0]} . 80 } }`,
      set: { name: 'ranges', key: [type, 'port'], isInterval: true },
      elements: [{ key: packed(`${network[1]}00500000`), keyEnd: packed(`${network[2]}00500000`) }],
    },
    {
      text: `map clients { type ${keyText} . ${typeName} : ${typeName} . inet_service; flags dynamic,timeout; size 1000; }`,
      set: { name: 'clients', key: [...key, type], value: [type, 'port'], isDynamic: true, size: 1000 },
    },
    {
      text: `map ports { type inet_service : ${typeName}; }`,
      set: { name: 'ports', key: ['port'], value: [type] },
    },
    { text: 'set numbers { typeof numgen random mod 16; }', set: { name: 'numbers', key: ['number'] } },
  ];
}

function rulesOf(family: Family): SampleRule[] {
  const { keyword, network, prefix, sourceOffset, zero, addressBytes } = family;
  const key = `${keyword} daddr . meta l4proto . th dport`;
  /** The register after an address. */
  const next = addressBytes / 4;
  const tableFamily = family.family;
  return [
    {
      text: `${keyword} daddr @addresses meta mark set meta mark | 0x00004000`,
      expressions: [
        destination(family),
        { kind: 'lookup', set: 'addresses', from: 0 },
        ...changeMark('ffbfffff', '00400000'),
      ],
    },
    {
      text: `${keyword} saddr != ${network[0]} drop`,
      comment: 'not from a pod',
      expressions: [
        { kind: 'payload', base: 'network', offset: sourceOffset, length: prefix.length / 2, to: 0 },
        compare(prefix, 'not-equal'),
        verdict('drop'),
      ],
    },
    {
      text: `${key} @frontends drop`,
      expressions: [...keyOf(family), { kind: 'lookup', set: 'frontends', from: 0 }, verdict('drop')],
    },
    {
      text: `${keyword} daddr & ${zero} . meta l4proto . th dport @frontends drop`,
      expressions: [
        destination(family),
        bitwise('00'.repeat(addressBytes), '00'.repeat(addressBytes)),
        ...keyOf(family).slice(1),
        { kind: 'lookup', set: 'frontends', from: 0 },
        verdict('drop'),
      ],
    },
    {
      text: 'fib daddr type local counter reject',
      expressions: [
        { kind: 'fib-type', of: 'destination', to: 0 },
        compare('02000000'),
        { kind: 'counter' },
        { kind: 'reject' },
      ],
    },
    {
      text: 'fib saddr type local accept',
      expressions: [{ kind: 'fib-type', of: 'source', to: 0 }, compare('02000000'), verdict('accept')],
    },
    {
      text: 'ct state new ct status dnat goto other',
      expressions: [
        { kind: 'ct', key: 'state', to: 0 },
        ...hasBits('08000000'),
        { kind: 'ct', key: 'status', to: 0 },
        ...hasBits('20000000'),
        { kind: 'verdict', verdict: { kind: 'goto', chain: 'other' } },
      ],
    },
    {
      text: 'meta mark & 0x00004000 != 0 meta mark set meta mark ^ 0x00004000 masquerade fully-random',
      expressions: [
        { kind: 'meta', key: 'mark', to: 0 },
        ...hasBits('00400000'),
        ...changeMark('ffffffff', '00400000'),
        { kind: 'masquerade' },
      ],
    },
    {
      text: `dnat ${keyword} to ${key} . numgen random mod 16 offset 65536 map @endpoints`,
      expressions: [
        ...keyOf(family),
        { kind: 'random', modulus: 16, offset: 65_536, to: next + 2 },
        { kind: 'lookup', set: 'endpoints', from: 0, to: 0 },
        { kind: 'dnat', family: tableFamily, address: 0, port: next },
      ],
    },
    {
      text: `${keyword} saddr . th dport != @ranges jump other`,
      expressions: [
        { kind: 'payload', base: 'network', offset: sourceOffset, length: addressBytes, to: 0 },
        port(next),
        { kind: 'lookup', set: 'ranges', from: 0, isInverted: true },
        { kind: 'verdict', verdict: { kind: 'jump', chain: 'other' } },
      ],
    },
    {
      text: `${keyword} daddr @networks return`,
      expressions: [destination(family), { kind: 'lookup', set: 'networks', from: 0 }, verdict('return')],
    },
    {
      text: 'iifname "eth0" accept',
      expressions: [
        { kind: 'meta', key: 'iifname', to: 0 },
        compare('65746830'.padEnd(32, '0')),
        verdict('accept'),
      ],
    },
    {
      text: 'iifname "eth*" accept',
      expressions: [{ kind: 'meta', key: 'iifname', to: 0 }, compare('657468'), verdict('accept')],
    },
    {
      text: `tcp dport != 0 ct original ${keyword} daddr . meta l4proto . ct original proto-dst @frontends drop`,
      expressions: [
        ...tcpPortIsSet(),
        ...originalKey(family, 0),
        { kind: 'lookup', set: 'frontends', from: 0 },
        verdict('drop'),
      ],
    },
  ];
}

/** nft 1.0.6 aborts when it loads such a rule for IPv6: it reserves 16 bytes for the key. */
function learnRule(): SampleRule {
  const key = 'ct original ip daddr . meta l4proto . ct original proto-dst . ct original ip saddr';
  return {
    text: `tcp dport != 0 update @clients { ${key} timeout 3h : ip daddr . tcp dport }`,
    expressions: [...tcpPortIsSet(), ...learn(IPV4)],
  };
}

/** What nft prints of a rule that it cannot load. */
export const IPV6_LEARN: Pick<SampleRule, 'text' | 'expressions'> & { readonly clients: NftSet } = {
  clients: {
    name: 'clients',
    key: ['ipv6-address', 'protocol', 'port', 'ipv6-address'],
    value: ['ipv6-address', 'port'],
    isDynamic: true,
    size: 1000,
  },
  text:
    'tcp dport != 0 update @clients { ct original ip6 daddr . meta l4proto . ct original proto-dst' +
    ' . ct original ip6 saddr timeout 3h : ip6 daddr . tcp dport }',
  expressions: [...tcpPortIsSet(), ...learn(IPV6)],
};

function learn(family: Family): NftExpression[] {
  const words = family.addressBytes / 4;
  const source = family === IPV4 ? 'source-ipv4' : 'source-ipv6';
  const data = 2 * words + 2;
  return [
    ...originalKey(family, 0),
    { kind: 'ct-original', key: source, to: words + 2 },
    { ...destination(family), to: data },
    port(data + words),
    { kind: 'learn', set: 'clients', key: 0, data, timeoutMs: 3 * 3600 * 1000 },
  ];
}

function originalKey({ family, addressBytes }: Family, to: Register): NftExpression[] {
  const next = to + addressBytes / 4;
  return [
    { kind: 'ct-original', key: family === 'IPv4' ? 'destination-ipv4' : 'destination-ipv6', to },
    { kind: 'meta', key: 'l4proto', to: next },
    { kind: 'ct-original', key: 'destination-port', to: next + 1 },
  ];
}

function tcpPortIsSet(): NftExpression[] {
  return [{ kind: 'meta', key: 'l4proto', to: 0 }, compare('06'), port(0), compare('0000', 'not-equal')];
}

function keyOf(family: Family): NftExpression[] {
  const next = family.addressBytes / 4;
  return [destination(family), { kind: 'meta', key: 'l4proto', to: next }, port(next + 1)];
}

function destination({ destinationOffset, addressBytes }: Family): NftExpression & { kind: 'payload' } {
  return { kind: 'payload', base: 'network', offset: destinationOffset, length: addressBytes, to: 0 };
}

function port(to: Register): NftExpression {
  return { kind: 'payload', base: 'transport', offset: 2, length: 2, to };
}

function changeMark(mask: string, xor: string): NftExpression[] {
  return [{ kind: 'meta', key: 'mark', to: 0 }, bitwise(mask, xor), { kind: 'set-mark', from: 0 }];
}

function hasBits(mask: string): NftExpression[] {
  return [bitwise(mask, '00000000'), compare('00000000', 'not-equal')];
}

function bitwise(mask: string, xor: string): NftExpression {
  return { kind: 'bitwise', from: 0, to: 0, mask: Buffer.from(mask, 'hex'), xor: Buffer.from(xor, 'hex') };
}

function compare(value: string, operator: 'equal' | 'not-equal' = 'equal'): NftExpression {
  return { kind: 'compare', from: 0, operator, value: Buffer.from(value, 'hex') };
}

function verdict(kind: 'accept' | 'drop' | 'return'): NftExpression {
  return { kind: 'verdict', verdict: { kind } };
}

function packed(hex: string): string {
  return Buffer.from(hex, 'hex').toString('latin1');
}
