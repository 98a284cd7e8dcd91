// Follows the first packet of a connection through the rules of a table as the kernel would, and tells all that may become of it:
// where a rule draws at random, every draw that makes a difference. Runs the very expressions that are written to the kernel.
import type { Chain, Hook } from '../../src/dataplane/nftables/chain.ts';
import type { Element, Packed } from '../../src/dataplane/nftables/element.ts';
import { packIp, packPort, packProtocol, packSlot } from '../../src/dataplane/nftables/packed.ts';
import type { SetName } from '../../src/dataplane/nftables/schema.ts';
import { type Ip, isLoopback } from '../../src/model/ip.ts';
import type { Packet } from '../../src/plan/packet.ts';
import type { NftExpression, NftVerdict } from '../../src/system/netlink/nftables/nft-expression.ts';
import { assertNever } from '../../src/util/assert-never.ts';

/** What a table has: an NftTable of the fakes is one. */
export interface TracedTable {
  readonly chains: ReadonlyMap<string, Pick<Chain, 'hook' | 'rules'>>;
  elements(set: SetName): ReadonlyMap<Packed, Element>;
}

export interface Fate {
  /** `pass`: on to where it goes, translated or not. */
  readonly end: 'pass' | 'drop' | 'reject';
  /** As `endpoints` maps to it; undefined: not translated. */
  readonly endpoint: Packed | undefined;
  readonly isMasqueraded: boolean;
  /** What session affinity remembers: keys and values of `clients`. */
  readonly learned: ReadonlyMap<Packed, Packed>;
}

/** Where the packet is on its way. */
interface Traveller extends Fate {
  readonly packet: Packet;
  readonly inputInterface: string | undefined;
  readonly mark: number;
}

interface World {
  readonly table: TracedTable;
  readonly localAddresses: readonly Ip[];
}

/** All that may become of the packet on a node with these addresses, each once. */
export function traceNft(table: TracedTable, packet: Packet, localAddresses: readonly Ip[]): Fate[] {
  const world = { table, localAddresses };
  const start: Traveller = {
    ...{ packet, inputInterface: packet.inputInterface, mark: 0 },
    ...{ end: 'pass', endpoint: undefined, isMasqueraded: false, learned: new Map() },
  };
  return distinct(packet.isFromNode ? throughOutput(world, start) : throughPrerouting(world, start));
}

function throughPrerouting(world: World, start: Traveller): Traveller[] {
  return then(atHook(world, 'prerouting', start), (traveller) =>
    isForNode(world, traveller)
      ? atHook(world, 'input', traveller)
      : then(atHook(world, 'forward', traveller), (on) => atHook(world, 'postrouting', on)),
  );
}

/** What the node sends to itself comes in by lo; its destination has been translated by then, if ever. */
function throughOutput(world: World, start: Traveller): Traveller[] {
  return then(atHook(world, 'output', start), (traveller) =>
    then(atHook(world, 'postrouting', traveller), (on) =>
      isForNode(world, on) ? atHook(world, 'input', { ...on, inputInterface: 'lo' }) : [on],
    ),
  );
}

function isForNode({ localAddresses }: World, { packet, endpoint }: Traveller): boolean {
  if (endpoint !== undefined) return localAddresses.some((ip) => endpoint.startsWith(packIp(ip)));
  return localAddresses.includes(packet.destinationIp) || isLoopback(packet.destinationIp);
}

function then(travellers: readonly Traveller[], next: (traveller: Traveller) => Traveller[]): Traveller[] {
  return travellers.flatMap((traveller) => (traveller.end === 'pass' ? next(traveller) : [traveller]));
}

function atHook(world: World, point: Hook['point'], traveller: Traveller): Traveller[] {
  const chains = Array.from(world.table.chains)
    .filter(([, { hook }]) => hook?.point === point)
    .sort(([, a], [, b]) => (a.hook?.priority ?? 0) - (b.hook?.priority ?? 0));
  return chains.reduce((on, [name]) => then(on, (each) => inChain(world, name, each)), [traveller]);
}

/** A rule that comes next, in a chain that was jumped or gone to from `returns`. */
interface Place {
  readonly chain: string;
  readonly rule: number;
  readonly returns: readonly Omit<Place, 'returns'>[];
}

function inChain(world: World, chain: string, traveller: Traveller): Traveller[] {
  return walk(world, { chain, rule: 0, returns: [] }, traveller);
}

function walk(world: World, place: Place, traveller: Traveller): Traveller[] {
  const { chain, rule, returns } = place;
  const rules = world.table.chains.get(chain)?.rules;
  if (!rules) throw new Error(`no chain ${chain}`);
  const current = rules[rule];
  if (!current) {
    const [back, ...rest] = returns;
    return back ? walk(world, { ...back, returns: rest }, traveller) : [traveller];
  }
  const next = { ...place, rule: rule + 1 };
  const results = new RuleRun(world, traveller).run(current.expressions);
  return results.flatMap(({ traveller: after, verdict }) => follow(world, { next, verdict }, after));
}

function follow(
  world: World,
  { next, verdict }: { readonly next: Place; readonly verdict: RuleVerdict },
  traveller: Traveller,
): Traveller[] {
  const { chain, rule, returns } = next;
  switch (verdict.kind) {
    case 'continue':
      return walk(world, next, traveller);
    case 'jump':
      return walk(
        world,
        { chain: verdict.chain, rule: 0, returns: [{ chain, rule }, ...returns] },
        traveller,
      );
    case 'goto':
      return walk(world, { chain: verdict.chain, rule: 0, returns }, traveller);
    case 'accept':
      return [traveller];
    case 'drop':
    case 'reject':
      return [{ ...traveller, end: verdict.kind }];
    case 'return':
      return walk(world, { ...next, rule: Infinity }, traveller);
    default:
      return assertNever(verdict);
  }
}

type RuleVerdict = NftVerdict | { readonly kind: 'continue' | 'reject' };

interface RuleResult {
  readonly traveller: Traveller;
  readonly verdict: RuleVerdict;
}

const REGISTER_BYTES = 4;
const REGISTERS_BYTES = 16 * REGISTER_BYTES;

/** One way through the expressions of a rule. Registers are bytes, as in Packed. */
class RuleRun {
  readonly #world: World;
  #traveller: Traveller;
  #registers = '\0'.repeat(REGISTERS_BYTES);

  constructor(world: World, traveller: Traveller) {
    this.#world = world;
    this.#traveller = traveller;
  }

  run(expressions: readonly NftExpression[]): RuleResult[] {
    for (const [i, expression] of expressions.entries()) {
      if (expression.kind === 'random') return this.#draw(expression, expressions.slice(i + 1));
      const verdict = this.#step(expression);
      if (verdict) return [{ traveller: this.#traveller, verdict }];
    }
    return [this.#goOn()];
  }

  /** Draws that find nothing are all the same. */
  #draw({ modulus, offset, to }: NftExpression & { kind: 'random' }, rest: readonly NftExpression[]) {
    const results: RuleResult[] = [];
    for (let slot = 0; slot < modulus; slot++) {
      const run = new RuleRun(this.#world, this.#traveller);
      run.#registers = this.#registers;
      run.#load(to, packSlot(offset + slot));
      for (const result of run.run(rest)) {
        const isKnown = results.some(
          ({ verdict, traveller }) =>
            verdict.kind === result.verdict.kind && traveller.endpoint === result.traveller.endpoint,
        );
        if (!isKnown) results.push(result);
      }
    }
    return results;
  }

  #goOn(): RuleResult {
    return { traveller: this.#traveller, verdict: { kind: 'continue' } };
  }

  /** Returns what ends the rule. */
  #step(expression: NftExpression): RuleVerdict | undefined {
    switch (expression.kind) {
      case 'payload':
        return this.#load(expression.to, this.#payload(expression));
      case 'meta':
        return this.#load(expression.to, this.#meta(expression.key));
      case 'set-mark':
        this.#traveller = { ...this.#traveller, mark: fromHostOrder(this.#read(expression.from, 4)) };
        return undefined;
      case 'ct':
        return this.#load(expression.to, this.#ct(expression.key));
      case 'ct-original':
        return this.#load(expression.to, this.#original(expression.key));
      case 'bitwise':
        return this.#bitwise(expression);
      case 'compare': {
        const isEqual = this.#read(expression.from, expression.value.length) === toBytes(expression.value);
        return isEqual === (expression.operator === 'equal') ? undefined : { kind: 'continue' };
      }
      case 'lookup':
        return this.#lookUp(expression);
      case 'verdict':
        return expression.verdict;
      case 'dnat':
        return this.#translate(expression);
      case 'masquerade':
        this.#traveller = { ...this.#traveller, isMasqueraded: true };
        return { kind: 'accept' };
      case 'reject':
        return { kind: 'reject' };
      case 'fib-type':
        return this.#load(expression.to, hostOrder(this.#isLocal(expression.of) ? 2 : 1));
      case 'counter':
        return undefined;
      case 'learn':
        return this.#learn(expression);
      case 'random':
        throw new Error('drawn elsewhere');
      default:
        return assertNever(expression);
    }
  }

  #load(to: number, bytes: string): undefined {
    const padded = bytes.padEnd(Math.ceil(bytes.length / REGISTER_BYTES) * REGISTER_BYTES, '\0');
    const start = to * REGISTER_BYTES;
    this.#registers = this.#registers.slice(0, start) + padded + this.#registers.slice(start + padded.length);
  }

  #read(from: number, bytes: number): string {
    return this.#registers.slice(from * REGISTER_BYTES, from * REGISTER_BYTES + bytes);
  }

  get #destination(): string {
    const { endpoint, packet } = this.#traveller;
    return endpoint === undefined ? packIp(packet.destinationIp) : endpoint.slice(0, -REGISTER_BYTES);
  }

  get #port(): string {
    const { endpoint, packet } = this.#traveller;
    return (endpoint ?? packPort(packet.destinationPort)).slice(-REGISTER_BYTES).slice(0, 2);
  }

  /** RFC 791 and RFC 8200: only the addresses. */
  #payload({ base, offset, length }: NftExpression & { kind: 'payload' }): string {
    if (base === 'transport') return `\0\0${this.#port}`.slice(offset, offset + length);
    const source = packIp(this.#traveller.packet.sourceIp);
    const header = '\0'.repeat(source.length === 4 ? 12 : 8) + source + this.#destination;
    return header.slice(offset, offset + length);
  }

  #meta(key: (NftExpression & { kind: 'meta' })['key']): string {
    const { packet, mark, inputInterface } = this.#traveller;
    if (key === 'mark') return hostOrder(mark);
    return key === 'l4proto' ? packProtocol(packet.protocol) : (inputInterface ?? '').padEnd(16, '\0');
  }

  /** IP_CT_NEW's bit of the state, and IPS_DST_NAT. */
  #ct(key: 'state' | 'status'): string {
    if (key === 'state') return hostOrder(8);
    return hostOrder(this.#traveller.endpoint === undefined ? 0 : 0x20);
  }

  #original(key: (NftExpression & { kind: 'ct-original' })['key']): string {
    const { packet } = this.#traveller;
    if (key === 'destination-port') return packPort(packet.destinationPort).slice(0, 2);
    return packIp(key.startsWith('source') ? packet.sourceIp : packet.destinationIp);
  }

  #bitwise({ from, to, mask, xor }: NftExpression & { kind: 'bitwise' }): undefined {
    const bytes = Buffer.from(this.#read(from, mask.length), 'latin1');
    this.#load(to, toBytes(bytes.map((byte, i) => (byte & (mask[i] ?? 0)) ^ (xor[i] ?? 0))));
  }

  #lookUp({ set, from, to, isInverted }: NftExpression & { kind: 'lookup' }): RuleVerdict | undefined {
    const element = this.#find(set as SetName, from);
    if ((element === undefined) !== (isInverted === true)) return { kind: 'continue' };
    return to === undefined ? undefined : this.#load(to, element?.value ?? '');
  }

  #find(set: SetName, from: number): Element | undefined {
    const elements = this.#world.table.elements(set);
    const [first] = elements.values();
    if (!first) return undefined;
    const key = this.#read(from, first.key.length);
    if (first.keyEnd === undefined) return elements.get(key as Packed);
    return elements.values().find(({ key: start, keyEnd = start }) => start <= key && key <= keyEnd);
  }

  #translate({ address, port }: NftExpression & { kind: 'dnat' }): RuleVerdict {
    const bytes = packIp(this.#traveller.packet.destinationIp).length;
    const endpoint = `${this.#read(address, bytes)}${this.#read(port, REGISTER_BYTES)}` as Packed;
    this.#traveller = { ...this.#traveller, endpoint };
    return { kind: 'accept' };
  }

  #isLocal(of: 'source' | 'destination'): boolean {
    const { packet } = this.#traveller;
    const address = of === 'source' ? packIp(packet.sourceIp) : this.#destination;
    const isLoop = isLoopback(of === 'source' ? packet.sourceIp : packet.destinationIp);
    return isLoop || this.#world.localAddresses.some((ip) => packIp(ip) === address);
  }

  #learn({ key, data }: NftExpression & { kind: 'learn' }): undefined {
    const addressBytes = packIp(this.#traveller.packet.destinationIp).length;
    const client = this.#read(key, 2 * addressBytes + 2 * REGISTER_BYTES) as Packed;
    const endpoint = this.#read(data, addressBytes + REGISTER_BYTES) as Packed;
    this.#traveller = {
      ...this.#traveller,
      learned: new Map([...this.#traveller.learned, [client, endpoint]]),
    };
  }
}

function hostOrder(number: number): string {
  return packSlot(number);
}

function fromHostOrder(bytes: string): number {
  return Buffer.from(bytes, 'latin1').readUInt32LE();
}

function toBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function distinct(travellers: readonly Traveller[]): Fate[] {
  const fates = travellers.map(({ end, endpoint, isMasqueraded, learned }): [string, Fate] => [
    JSON.stringify([end, endpoint, isMasqueraded, [...learned]]),
    { end, endpoint, isMasqueraded, learned },
  ]);
  return [...new Map(fates).values()];
}
