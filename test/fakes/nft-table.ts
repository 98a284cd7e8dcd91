// The table of one family in memory, as strict as the kernel about what is written: keys that are deleted must be there, keys that are
// added must not, intervals must not overlap, and what is in use cannot be removed.
import { isDeepStrictEqual } from 'node:util';
import type { Chain } from '../../src/dataplane/nftables/chain.ts';
import type { Element, OwnedElements, Packed } from '../../src/dataplane/nftables/element.ts';
import { contentOf } from '../../src/dataplane/nftables/element-content.ts';
import { kernelSet } from '../../src/dataplane/nftables/kernel-set.ts';
import { findSchema, type SetName, type SetSchema } from '../../src/dataplane/nftables/schema.ts';
import { noUses } from '../../src/dataplane/nftables/shared-uses.ts';
import type {
  FoundElements,
  KnownTable,
  NftablesChangeSet,
  NftablesState,
} from '../../src/dataplane/nftables/state.ts';
import type { IpFamily } from '../../src/model/ip.ts';
import type { ServicePortKey } from '../../src/model/names.ts';
import { setShape } from '../../src/system/netlink/nftables/set-types.ts';

interface Contents {
  readonly chains: Map<string, Pick<Chain, 'hook' | 'rules'>>;
  readonly sets: Map<string, { readonly schema: SetSchema; readonly elements: Map<Packed, Element> }>;
}

export class NftTable {
  readonly family: IpFamily;
  /** The kernel refuses their elements. */
  refused: ReadonlySet<ServicePortKey> = new Set();
  #contents: Contents = { chains: new Map(), sets: new Map() };

  constructor(family: IpFamily = 'IPv4') {
    this.family = family;
  }

  get chains(): Contents['chains'] {
    return this.#contents.chains;
  }

  get sets(): Contents['sets'] {
    return this.#contents.sets;
  }

  get isLive(): boolean {
    return this.chains.values().some(({ hook, rules }) => hook && rules.length > 0);
  }

  elements(set: SetName): ReadonlyMap<Packed, Element> {
    return this.sets.get(set)?.elements ?? new Map();
  }

  /** Throws Refusal, and has then changed what the transactions before the refused one changed. */
  apply(changes: NftablesChangeSet): void {
    if (changes.isOneTransaction !== this.isLive && this.isLive) throw new Error('packets would see parts');
    if (changes.isOneTransaction) this.#transact((contents) => this.#writeAll(contents, changes));
    else this.#load(changes);
  }

  read(known?: NftablesState): NftablesState {
    const { global, services = new Map(), uses = noUses(), elementCount = 0 } = known ?? {};
    return { table: this.#known(), found: this.#found(), global, services, uses, elementCount };
  }

  #known(): KnownTable {
    return {
      isLive: this.isLive,
      chains: new Map(
        Array.from(this.chains, ([name, { hook, rules }]) => [
          name,
          { hook, tags: rules.map(({ tag }) => tag) },
        ]),
      ),
      sets: new Map(Array.from(this.sets, ([name, { schema }]) => [name, this.#shape(schema)])),
    };
  }

  #found(): FoundElements {
    const ours = Array.from(this.sets).filter(([name, { schema }]) => {
      const wanted = findSchema(name);
      return wanted && this.#shape(wanted) === this.#shape(schema);
    });
    return new Map(
      ours.map(([name, { elements }]) => [
        name as SetName,
        new Map(Array.from(elements, ([key, element]) => [key, contentOf(element)])),
      ]),
    );
  }

  #shape(schema: SetSchema): string {
    return setShape(kernelSet(schema, this.family));
  }

  #transact(write: (contents: Contents) => void): void {
    const { chains, sets } = this.#contents;
    const contents: Contents = {
      chains: new Map(chains),
      sets: new Map(Array.from(sets, ([name, set]) => [name, { ...set, elements: new Map(set.elements) }])),
    };
    write(contents);
    this.#contents = contents;
  }

  #writeAll(contents: Contents, changes: NftablesChangeSet): void {
    const { removes, sets, chains, elements } = changes;
    remove(contents, removes, chains);
    for (const schema of sets) makeSet(contents, schema);
    for (const chain of chains) makeChain(contents, chain);
    for (const each of elements) this.#writeElements(contents, each);
    for (const chain of chains) contents.chains.set(chain.name, chain);
  }

  #load({ removes, sets, chains, elements }: NftablesChangeSet): void {
    const regular = chains.filter(({ hook }) => !hook);
    const base = chains.filter(({ hook }) => hook);
    this.#transact((contents) => {
      for (const schema of sets) makeSet(contents, schema);
      for (const chain of regular) makeChain(contents, chain);
      for (const chain of regular) contents.chains.set(chain.name, chain);
    });
    for (const each of elements) this.#transact((contents) => this.#writeElements(contents, each));
    this.#transact((contents) => {
      remove(contents, removes, base);
      for (const chain of base) makeChain(contents, chain);
      for (const chain of base) contents.chains.set(chain.name, chain);
    });
  }

  #writeElements(contents: Contents, { owner, deletes, adds }: OwnedElements): void {
    if (owner && adds.length > 0 && this.refused.has(owner)) throw new Refusal('refused', owner);
    for (const element of deletes) deleteElement(contents, element, owner);
    for (const element of adds) addElement(contents, element, owner);
  }
}

export class Refusal extends Error {
  readonly owner: ServicePortKey | undefined;

  constructor(message: string, owner?: ServicePortKey) {
    super(message);
    this.owner = owner;
  }
}

function remove(contents: Contents, removes: NftablesChangeSet['removes'], written: readonly Chain[]): void {
  for (const name of [...removes.chains, ...written.map((chain) => chain.name)]) {
    const chain = contents.chains.get(name);
    if (chain) contents.chains.set(name, { ...chain, rules: [] });
  }
  for (const set of removes.sets) {
    if (!contents.sets.delete(set)) throw new Refusal(`no set ${set}`);
    if (isSetUsed(contents, set)) throw new Refusal(`set ${set} is in use`);
  }
  for (const name of removes.chains) {
    if (!contents.chains.delete(name)) throw new Refusal(`no chain ${name}`);
    if (isChainUsed(contents, name)) throw new Refusal(`chain ${name} is in use`);
  }
}

function isSetUsed({ chains }: Contents, set: string): boolean {
  return chains
    .values()
    .some(({ rules }) =>
      rules.some(({ expressions }) => expressions.some((each) => 'set' in each && each.set === set)),
    );
}

function isChainUsed({ chains }: Contents, name: string): boolean {
  const isLedTo = ({ expressions }: Chain['rules'][number]) =>
    expressions.some(
      (each) => each.kind === 'verdict' && 'chain' in each.verdict && each.verdict.chain === name,
    );
  return chains.values().some(({ rules }) => rules.some(isLedTo));
}

function makeSet({ sets }: Contents, schema: SetSchema): void {
  if (sets.has(schema.name)) throw new Refusal(`set ${schema.name} exists`);
  sets.set(schema.name, { schema, elements: new Map() });
}

function makeChain({ chains }: Contents, { name, hook }: Chain): void {
  const chain = chains.get(name);
  if (chain && !isDeepStrictEqual(chain.hook, hook)) throw new Refusal(`chain ${name} exists elsewhere`);
  if (!chain) chains.set(name, { ...(hook && { hook }), rules: [] });
}

function deleteElement({ sets }: Contents, element: Element, owner?: ServicePortKey): void {
  const elements = sets.get(element.set)?.elements;
  const known = elements?.get(element.key);
  const isThere = known && (element.keyEnd === known.keyEnd || !known.keyEnd);
  if (!isThere || !elements?.delete(element.key)) throw new Refusal(`no ${describe(element)}`, owner);
}

function addElement({ sets }: Contents, element: Element, owner?: ServicePortKey): void {
  const set = sets.get(element.set);
  if (!set || set.elements.has(element.key)) throw new Refusal(`cannot add ${describe(element)}`, owner);
  if (set.schema.isInterval && overlaps(element, set.elements.values()))
    throw new Refusal(`overlap of ${describe(element)}`, owner);
  set.elements.set(element.key, element);
}

function overlaps({ key, keyEnd = key }: Element, others: Iterable<Element>): boolean {
  return Iterator.from(others).some((other) => key <= (other.keyEnd ?? other.key) && other.key <= keyEnd);
}

function describe({ set, key }: Element): string {
  return `${Buffer.from(key, 'latin1').toString('hex')} of ${set}`;
}
