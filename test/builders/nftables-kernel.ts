// The pure middle of the nftables dataplane over a table in memory, and the state that sync would own.
import type { ApplyResult } from '../../src/dataplane/dataplane.ts';
import { commit } from '../../src/dataplane/nftables/commit.ts';
import { diff } from '../../src/dataplane/nftables/diff.ts';
import type { OwnedElements, Packed } from '../../src/dataplane/nftables/element.ts';
import { contentOf } from '../../src/dataplane/nftables/element-content.ts';
import { render } from '../../src/dataplane/nftables/render.ts';
import type { NftablesChangeSet, NftablesState } from '../../src/dataplane/nftables/state.ts';
import type { PlanChange } from '../../src/plan/plan.ts';
import { runToEnd } from '../../src/util/cooperate.ts';
import { NftTable, Refusal } from '../fakes/nft-table.ts';

export class NftTestKernel {
  readonly table: NftTable;
  state: NftablesState;
  /** The last one that was written. */
  changes: NftablesChangeSet | undefined;
  /** What it wrote. */
  written: readonly OwnedElements[] = [];

  constructor(table = new NftTable()) {
    this.table = table;
    this.state = table.read();
  }

  /** As KernelMirror of sync writes. */
  write(change: PlanChange, isComplete = false): ApplyResult {
    const { family } = this.table;
    const desired = runToEnd(render(change, this.state));
    const changes = runToEnd(diff({ family, state: this.state, desired, isComplete }));
    this.changes = changes;
    this.written = [...changes.elements];
    const result = changes.isEmpty ? NOTHING : this.#apply(changes);
    this.state = result.ok ? runToEnd(commit(this.state, desired, changes)) : this.table.read(this.state);
    return result;
  }

  #apply(changes: NftablesChangeSet): ApplyResult {
    try {
      this.table.apply(changes);
      return { ok: true, operations: 1, bytes: 0 };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const suspects = error.owner ? [error.owner] : [];
      return { ok: false, error: error.message, suspects, isTransient: false };
    }
  }
}

const NOTHING: ApplyResult = { ok: true, operations: 0, bytes: 0 };

/** What the sets hold, sorted; endpoints without their slots, once it is seen that these have no holes. */
export function contentsOf(table: NftTable): Map<string, readonly string[]> {
  return new Map(
    Array.from(table.sets, ([name, { elements }]): [string, readonly string[]] => {
      const slotless = name === 'endpoints' ? slotlessEndpoints(elements.keys()) : undefined;
      const texts = Array.from(elements.values(), (element) =>
        [slotless?.get(element.key) ?? element.key, contentOf(element)].map(hex).join(' '),
      );
      return [name, texts.sort()];
    }).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function slotlessEndpoints(keys: Iterable<Packed>): Map<Packed, string> {
  const slots = new Map<string, number[]>();
  const slotless = new Map<Packed, string>();
  for (const key of keys) {
    const slot = Buffer.from(key.slice(-4), 'latin1').readUInt32LE();
    const frontend = `${key.slice(0, -4)}${slot >> 16}`;
    slotless.set(key, frontend);
    slots.set(frontend, [...(slots.get(frontend) ?? []), slot & 0xffff]);
  }
  for (const [frontend, filled] of slots) {
    const isWhole = filled.sort((a, b) => a - b).every((slot, i) => slot === i);
    if (!isWhole) throw new Error(`slots of ${hex(frontend)} have holes: ${filled}`);
  }
  return slotless;
}

function hex(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}
