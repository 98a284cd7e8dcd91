// One transaction in the making: the batch, and whom each of its messages belongs to, so that a refusal finds the Service at fault.
import type { IpFamily } from '../../model/ip.ts';
import type { ServicePortKey } from '../../model/names.ts';
import type { Refusal } from '../../system/netlink/netlink-connection.ts';
import { NftBatch } from '../../system/netlink/nftables/nft-batch.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import type { Chain } from './chain.ts';
import type { Element, OwnedElements } from './element.ts';
import { kernelSet } from './kernel-set.ts';
import { TABLE_COMMENT, TABLE_NAME } from './names.ts';
import { type SetName, type SetSchema, schemaOf } from './schema.ts';

/** What the messages up to a number are about. */
interface Subject {
  readonly lastSequence: number;
  readonly what: string;
  readonly owner: ServicePortKey | undefined;
}

export interface Blame {
  /** Where the first refusal hit, and the kernel's words. */
  readonly error: string;
  /** The owners of all that was refused. */
  readonly suspects: readonly ServicePortKey[];
}

export interface Target {
  readonly family: IpFamily;
  /** The size of `clients`, where it is made. */
  readonly affinityClients?: number | undefined;
  /** Ours if not said. */
  readonly tableName?: string;
}

export class Transaction {
  /** Elements, chains and sets that it is about, and the table where it is woken. */
  operations = 0;
  readonly #family: IpFamily;
  readonly #maxClients: number | undefined;
  readonly #batch: NftBatch;
  readonly #subjects: Subject[] = [];

  constructor({ family, affinityClients, tableName = TABLE_NAME }: Target) {
    this.#family = family;
    this.#maxClients = affinityClients;
    this.#batch = new NftBatch({ family, name: tableName });
  }

  get bytes(): number {
    return this.#batch.length;
  }

  get isEmpty(): boolean {
    return this.#batch.sequence === 0;
  }

  makeTable(): void {
    this.#note(this.#batch.newTable(TABLE_COMMENT), 'the table');
  }

  /** In a transaction of its own. */
  wakeTable(): void {
    this.#note(this.#batch.wakeTable(), 'the table');
    this.operations++;
  }

  /** Takes the rules of chains that are there: what they use, and where they lead, can be removed then. */
  empty(chains: readonly string[]): void {
    for (const chain of chains) this.#note(this.#batch.flushChain(chain), `chain ${chain}`);
  }

  /** Before the chains to which elements of maps lead. */
  removeSets(sets: readonly string[]): void {
    for (const set of sets) this.#note(this.#batch.deleteSet(set), `set ${set}`);
    this.operations += sets.length;
  }

  removeChains(chains: readonly string[]): void {
    for (const chain of chains) this.#note(this.#batch.deleteChain(chain), `chain ${chain}`);
    this.operations += chains.length;
  }

  /** Has the kernel refuse the whole transaction. Returns the number of the message. */
  removeMissingChain(): number {
    return this.#batch.deleteChain('missing');
  }

  makeSets(schemas: readonly SetSchema[]): void {
    for (const schema of schemas) {
      this.#note(this.#batch.newSet(kernelSet(schema, this.#family, this.#maxClients)), `set ${schema.name}`);
    }
    this.operations += schemas.length;
  }

  /** Those that are there already stay as they are, for now. */
  makeChains(chains: readonly Chain[]): void {
    for (const chain of chains) this.#note(this.#batch.newChain(chain), `chain ${chain.name}`);
    this.operations += chains.length;
  }

  /** Chains without rules. Interruptible between rules, of which there are a thousand. */
  *fill(chains: readonly Chain[]): Cooperative<void> {
    for (const { name, rules } of chains) {
      for (const rule of rules) {
        this.#note(this.#batch.newRule(name, rule), `a rule of chain ${name}`);
        yield;
      }
    }
  }

  write({ owner, deletes, adds }: OwnedElements): void {
    for (const [set, elements] of bySet(deletes)) {
      this.#note(this.#batch.deleteElements(this.#kernelSet(set), elements), `elements of ${set}`, owner);
    }
    for (const [set, elements] of bySet(adds)) {
      this.#note(this.#batch.newElements(this.#kernelSet(set), elements), `elements of ${set}`, owner);
    }
    this.operations += deletes.length + adds.length;
  }

  /** The datagram. */
  end(): Buffer {
    return this.#batch.end();
  }

  /** A sentence for each. */
  describe(refusals: readonly Refusal[]): readonly string[] {
    return refusals.map(({ sequence, error }) => {
      const what = this.#subjectOf(sequence)?.what ?? 'the transaction';
      return `nf_tables refuses ${what}: ${error.message}`;
    });
  }

  blame(refusals: readonly Refusal[]): Blame {
    const [error = ''] = this.describe(refusals);
    const owners = refusals.flatMap(({ sequence }) => this.#subjectOf(sequence)?.owner ?? []);
    return { error, suspects: [...new Set(owners)] };
  }

  #kernelSet(name: SetName) {
    return kernelSet(schemaOf(name), this.#family);
  }

  #note(lastSequence: number, what: string, owner?: ServicePortKey): void {
    this.#subjects.push({ lastSequence, what, owner });
  }

  /** undefined for 0, which is the transaction as a whole. */
  #subjectOf(sequence: number): Subject | undefined {
    if (sequence === 0) return undefined;
    return this.#subjects.find(({ lastSequence }) => sequence <= lastSequence);
  }
}

/** In the order of the first element of each. */
function bySet(elements: readonly Element[]): Map<SetName, Element[]> {
  return Map.groupBy(elements, ({ set }) => set);
}
