// What nf_tables promises to its users, held against the kernel and the fake one.
import { afterEach, describe, expect, it } from 'vitest';
import type { NfTables, TableTouch, TableWatch } from '../../src/system/netlink/nftables/nf-tables.ts';
import { NftBatch } from '../../src/system/netlink/nftables/nft-batch.ts';
import type { NftExpression } from '../../src/system/netlink/nftables/nft-expression.ts';
import type { NftElement, NftSet } from '../../src/system/netlink/nftables/nft-set.ts';
import type { NftHook, NftTable } from '../../src/system/netlink/nftables/nft-table.ts';
import { setShape } from '../../src/system/netlink/nftables/set-types.ts';
import { makeDormant } from '../builders/dormant-table.ts';
import { makeVerdictMap } from '../builders/verdict-map.ts';

/** nf_tables of a network namespace without tables. */
export interface NfTablesBed {
  readonly nft: NfTables;
  /** Does a transaction as somebody else, and answers who that is. */
  change(batch: Uint8Array): Promise<TableTouch['by']>;
  /** Makes the watches of `nft` lose events. */
  loseEvents(): Promise<void>;
}

const TABLE: NftTable = { family: 'IPv4', name: 'fairlead-test' };
const HOOK: NftHook = { type: 'nat', point: 'prerouting', priority: -100 };
const FRONTEND = ['ipv4-address', 'protocol', 'port'] as const;

const ADDRESSES: NftSet = { name: 'addresses', comment: 'some addresses', key: ['ipv4-address'] };
const FRONTENDS: NftSet = { name: 'frontends', key: FRONTEND };
const VERDICTS: NftSet = { name: 'verdicts', key: FRONTEND };
const ENDPOINTS: NftSet = {
  name: 'endpoints',
  key: [...FRONTEND, 'number'],
  value: ['ipv4-address', 'port'],
};
const NETWORKS: NftSet = { name: 'networks', key: ['ipv4-address'], isInterval: true };
const RANGES: NftSet = { name: 'ranges', key: [...FRONTEND, 'ipv4-address'], isInterval: true };
const CLIENTS: NftSet = {
  name: 'clients',
  key: [...FRONTEND, 'ipv4-address'],
  value: ['ipv4-address', 'port'],
  isDynamic: true,
  size: 1000,
};
const KEY = '\x0a\x60\0\x01\x06\0\0\0\0\x50\0\0';
const OTHER_KEY = '\x0a\x60\0\x02\x06\0\0\0\0\x50\0\0';

export function describeNfTables(name: string, createBed: () => NfTablesBed): void {
  describe(`nf_tables of ${name}`, () => {
    const beds: NfTablesBed[] = [];
    const open = (): NfTablesBed => {
      const bed = createBed();
      beds.push(bed);
      return bed;
    };
    afterEach(() => {
      for (const { nft } of beds.splice(0)) nft.close();
    });

    describe('transactions', () => {
      it('are done as a whole', async () => {
        const { nft } = open();
        await make(nft, (batch) => batch.newChain({ name: 'one' }));
        expect(await chainNames(nft)).toEqual(['one']);
      });

      it('are refused as a whole, with the numbers of all messages at fault', async () => {
        const { nft } = open();
        const refusals = await attempt(nft, (batch) => {
          batch.newTable();
          expect(batch.deleteChain('none')).toBe(2);
          batch.newChain({ name: 'one' });
          expect(batch.deleteSet('none')).toBe(4);
        });
        expect(refusals).toEqual(['2 ENOENT', '4 ENOENT']);
        expect(await chainNames(nft)).toEqual([]);
      });

      it('may make what is there already', async () => {
        const { nft } = open();
        const all = (batch: NftBatch) => {
          batch.newTable('a comment');
          batch.newChain({ name: 'base', hook: HOOK });
          batch.newSet(ADDRESSES);
          batch.newElements(ADDRESSES, [{ key: '\x0a\0\0\x01' }]);
        };
        expect(await attempt(nft, all)).toEqual([]);
        expect(await attempt(nft, all)).toEqual([]);
      });

      it('delete a table with all that is in it', async () => {
        const { nft } = open();
        await make(nft, (batch) => batch.newSet(ADDRESSES));
        expect(await attempt(nft, (batch) => batch.deleteTable())).toEqual([]);
        expect(await nft.sets(TABLE)).toEqual([]);
        expect(await attempt(nft, (batch) => batch.deleteTable())).toEqual(['1 ENOENT']);
      });
    });

    describe('dumps', () => {
      it('of a missing table have nothing', async () => {
        const { nft } = open();
        expect(await nft.table(TABLE)).toBeUndefined();
        expect(await nft.chains(TABLE)).toEqual([]);
        expect(await nft.chain(TABLE, 'one')).toBeUndefined();
        expect(await nft.rules(TABLE)).toEqual([]);
        expect(await nft.sets(TABLE)).toEqual([]);
        expect(await elementsOf(nft, ADDRESSES)).toEqual([]);
      });

      it('of a missing chain or set have nothing', async () => {
        const { nft } = open();
        await make(nft, () => {});
        expect(await nft.chain(TABLE, 'one')).toBeUndefined();
        expect(await elementsOf(nft, ADDRESSES)).toEqual([]);
      });

      it('have nothing of other tables, nor of the table of the other family', async () => {
        const { nft } = open();
        await make(nft, (batch) => batch.newChain({ name: 'one' }));
        for (const table of [
          { ...TABLE, name: 'other' },
          { ...TABLE, family: 'IPv6' as const },
        ]) {
          expect(await nft.table(table)).toBeUndefined();
          expect(await nft.chains(table)).toEqual([]);
          expect(await nft.chain(table, 'one')).toBeUndefined();
        }
      });
    });

    describe('a dormant table', () => {
      it('stays dormant when it is made once more, until it is woken', async () => {
        const { nft, change } = open();
        const all = (batch: NftBatch) => batch.newChain({ name: 'base', hook: HOOK });
        await make(nft, all);
        expect(await nft.table(TABLE)).toEqual({ isDormant: false });
        await change(makeDormant(TABLE));
        await make(nft, all);
        expect(await nft.table(TABLE)).toEqual({ isDormant: true });
        expect(await attempt(nft, (batch) => batch.wakeTable())).toEqual([]);
        expect(await nft.table(TABLE)).toEqual({ isDormant: false });
        expect(await chainNames(nft)).toEqual(['base']);
      });

      it('is one that was never dormant when it is woken once more', async () => {
        const { nft } = open();
        await make(nft, (batch) => batch.newChain({ name: 'base', hook: HOOK }));
        expect(await attempt(nft, (batch) => batch.wakeTable())).toEqual([]);
        expect(await nft.table(TABLE)).toEqual({ isDormant: false });
      });
    });

    describe('chains', () => {
      it('tell their hook, policy and comment', async () => {
        const { nft } = open();
        await make(nft, (batch) => {
          batch.newChain({ name: 'base', hook: HOOK, comment: 'where all begins' });
          batch.newChain({ name: 'late', hook: { type: 'filter', point: 'postrouting', priority: 99 } });
          batch.newChain({ name: 'one' });
        });
        expect(await nft.chains(TABLE)).toEqual([
          { name: 'base', hook: HOOK, policy: 'accept', comment: 'where all begins', use: 0 },
          {
            name: 'late',
            hook: { type: 'filter', point: 'postrouting', priority: 99 },
            policy: 'accept',
            use: 0,
          },
          { name: 'one', use: 0 },
        ]);
        expect(await nft.chain(TABLE, 'one')).toEqual({ name: 'one', use: 0 });
      });

      it('count their rules, and the rules and elements that lead to them', async () => {
        const { nft } = open();
        await make(nft, (batch) => {
          batch.newChain({ name: 'one' });
          batch.newChain({ name: 'two' });
          batch.newRule('one', { expressions: [goTo('two')] });
        });
        expect(await nft.transact(makeVerdictMap(TABLE, VERDICTS, { key: KEY, chain: 'two' }))).toEqual([]);
        const chains = await nft.chains(TABLE);
        expect(chains.map(({ name, use }) => `${name} ${use}`)).toEqual(['one 1', 'two 2']);
      });

      it('in use cannot be deleted, unless the same transaction ends that', async () => {
        const { nft } = open();
        await make(nft, (batch) => {
          batch.newChain({ name: 'one' });
          batch.newChain({ name: 'two' });
          batch.newRule('one', { expressions: [goTo('two')] });
        });
        expect(await nft.transact(makeVerdictMap(TABLE, VERDICTS, { key: KEY, chain: 'two' }))).toEqual([]);
        expect(await attempt(nft, (batch) => batch.deleteChain('two'))).toEqual(['1 EBUSY']);
        const refusals = await attempt(nft, (batch) => {
          batch.flushChain('one');
          batch.deleteElements(VERDICTS, [{ key: KEY }]);
          batch.deleteChain('two');
        });
        expect(refusals).toEqual([]);
        expect(await chainNames(nft)).toEqual(['one']);
      });

      it('cannot get another hook', async () => {
        const { nft } = open();
        await make(nft, (batch) => batch.newChain({ name: 'base', hook: HOOK }));
        const other = { ...HOOK, priority: 0 };
        const [refusal] = await attempt(nft, (batch) => batch.newChain({ name: 'base', hook: other }));
        // Which one depends on the version of the kernel.
        expect(refusal).toMatch(/^1 (EEXIST|ENOTSUP)$/);
      });
    });

    describe('rules', () => {
      it('keep their order, tags and comments', async () => {
        const { nft } = open();
        await make(nft, (batch) => {
          batch.newChain({ name: 'one' });
          batch.newRule('one', { tag: 'first', comment: 'seen by all', expressions: [drop] });
          batch.newRule('one', { tag: 'second', expressions: [drop] });
          batch.newRule('one', { expressions: [drop] });
        });
        const rules = await nft.rules(TABLE);
        expect(rules.map(({ chain, tag, comment }) => [chain, tag, comment])).toEqual([
          ['one', 'first', 'seen by all'],
          ['one', 'second', undefined],
          ['one', undefined, undefined],
        ]);
        expect(new Set(rules.map(({ handle }) => handle)).size).toBe(3);
      });

      it('are gone when their chain is flushed', async () => {
        const { nft } = open();
        await make(nft, (batch) => {
          for (const chain of ['one', 'two']) {
            batch.newChain({ name: chain });
            batch.newRule(chain, { tag: chain, expressions: [drop] });
          }
        });
        expect(await attempt(nft, (batch) => batch.flushChain('one'))).toEqual([]);
        expect((await nft.rules(TABLE)).map(({ tag }) => tag)).toEqual(['two']);
        expect(await attempt(nft, (batch) => batch.flushChain('three'))).toEqual(['1 ENOENT']);
      });

      it('need the chains and sets that they name', async () => {
        const { nft } = open();
        await make(nft, (batch) => batch.newChain({ name: 'one' }));
        const lookup: NftExpression = { kind: 'lookup', set: 'none', from: 0 };
        const refusals = await attempt(nft, (batch) => {
          batch.newRule('one', { expressions: [goTo('none')] });
          batch.newRule('one', { expressions: [mark, lookup] });
          batch.newRule('none', { expressions: [drop] });
        });
        expect(refusals).toEqual(['1 ENOENT', '2 ENOENT', '3 ENOENT']);
      });
    });

    describe('sets', () => {
      it('tell comments, shapes and the number of their elements', async () => {
        const { nft } = open();
        const all = [ADDRESSES, FRONTENDS, ENDPOINTS, NETWORKS, RANGES, CLIENTS];
        await make(nft, (batch) => {
          for (const set of all) batch.newSet(set);
          batch.newElements(ADDRESSES, addresses(7));
        });
        const sets = await nft.sets(TABLE);
        expect(sets.map(({ name, shape }) => [name, shape])).toEqual(
          all.map((set) => [set.name, setShape(set)]),
        );
        expect(new Set(sets.map(({ shape }) => shape)).size).toBe(all.length);
        expect(sets[0]).toMatchObject({ comment: 'some addresses' });
        expect([undefined, 7]).toContain(sets[0]?.count);
      });

      it('cannot get another type', async () => {
        const { nft } = open();
        await make(nft, (batch) => batch.newSet(ADDRESSES));
        expect(await attempt(nft, (batch) => batch.newSet({ ...ADDRESSES, key: FRONTEND }))).toEqual([
          '1 EEXIST',
        ]);
      });

      it('in use by a rule cannot be deleted', async () => {
        const { nft } = open();
        await make(nft, (batch) => {
          batch.newChain({ name: 'one' });
          batch.newSet(ADDRESSES);
          batch.newRule('one', { expressions: [mark, { kind: 'lookup', set: ADDRESSES.name, from: 0 }] });
        });
        expect(await attempt(nft, (batch) => batch.deleteSet(ADDRESSES.name))).toEqual(['1 EBUSY']);
        const refusals = await attempt(nft, (batch) => {
          batch.flushChain('one');
          batch.deleteSet(ADDRESSES.name);
        });
        expect(refusals).toEqual([]);
        expect(await nft.sets(TABLE)).toEqual([]);
      });
    });

    describe('elements', () => {
      const frontends: readonly NftElement[] = [
        { key: KEY, comment: 'default/web:http' },
        { key: OTHER_KEY },
      ];
      const endpoints: readonly NftElement[] = [
        { key: `${KEY}\0\0\0\0`, value: '\x0a\xf4\x01\xff\x1f\x90\0\0' },
        { key: `${KEY}\0\0\x01\0`, value: '\x0a\xf4\x01\x02\x1f\x90\0\0', comment: 'ünïcode' },
      ];
      const networks: readonly NftElement[] = [
        { key: '\0\0\0\0', keyEnd: '\0\xff\xff\xff' },
        { key: '\x0a\0\0\0', keyEnd: '\x0a\0\0\x7f', comment: 'next to another' },
        { key: '\x0a\0\0\x80', keyEnd: '\x0a\0\0\xff' },
        { key: '\x0a\x01\0\0', keyEnd: '\x0a\x01\0\0' },
        { key: '\xe0\0\0\0', keyEnd: '\xff\xff\xff\xff', comment: 'the last of all' },
      ];
      const ranges: readonly NftElement[] = [
        { key: `${KEY}\x0a\0\0\0`, keyEnd: `${KEY}\x0a\xff\xff\xff` },
        { key: `${KEY}\xc0\0\0\x01`, keyEnd: `${KEY}\xc0\0\0\x01` },
      ];
      const kinds = [
        { kind: 'sets', set: FRONTENDS, elements: frontends },
        { kind: 'maps', set: ENDPOINTS, elements: endpoints },
        { kind: 'sets of intervals', set: NETWORKS, elements: networks },
        { kind: 'sets of concatenated intervals', set: RANGES, elements: ranges },
      ];

      it.each(kinds)('of $kind are read as they were written, and deleted', async ({ set, elements }) => {
        const { nft } = open();
        await make(nft, (batch) => {
          batch.newSet(set);
          batch.newElements(set, elements);
        });
        expect(await elementsOf(nft, set)).toEqual(elements);
        const [first, ...others] = elements;
        expect(await attempt(nft, (batch) => batch.deleteElements(set, first ? [first] : []))).toEqual([]);
        expect(await elementsOf(nft, set)).toEqual(others);
      });

      it('of an interval with one key need no end', async () => {
        const { nft } = open();
        const key = '\x0a\0\0\xff';
        await make(nft, (batch) => {
          batch.newSet(NETWORKS);
          batch.newElements(NETWORKS, [{ key }]);
          batch.newSet(RANGES);
          batch.newElements(RANGES, [{ key: KEY + key }]);
        });
        expect(await elementsOf(nft, NETWORKS)).toEqual([{ key, keyEnd: key }]);
        expect(await elementsOf(nft, RANGES)).toEqual([{ key: KEY + key, keyEnd: KEY + key }]);
      });

      it('of one call may be more than a message holds', async () => {
        const { nft } = open();
        const many = addresses(10_000);
        await make(nft, (batch) => {
          batch.newSet(ADDRESSES);
          batch.newElements(ADDRESSES, many);
        });
        expect(await elementsOf(nft, ADDRESSES)).toEqual(many);
        expect(await attempt(nft, (batch) => batch.deleteElements(ADDRESSES, many))).toEqual([]);
        expect(await elementsOf(nft, ADDRESSES)).toEqual([]);
      });

      it('of a map cannot get another value, but be replaced in one transaction', async () => {
        const { nft } = open();
        const [element, { value } = {}] = endpoints;
        if (!element || value === undefined) throw new Error('there are two');
        await make(nft, (batch) => {
          batch.newSet(ENDPOINTS);
          batch.newElements(ENDPOINTS, [element]);
        });
        const other = { ...element, value };
        expect(await attempt(nft, (batch) => batch.newElements(ENDPOINTS, [other]))).toEqual(['1 EEXIST']);
        const refusals = await attempt(nft, (batch) => {
          batch.deleteElements(ENDPOINTS, [other]);
          batch.newElements(ENDPOINTS, [other]);
        });
        expect(refusals).toEqual([]);
        expect(await elementsOf(nft, ENDPOINTS)).toEqual([other]);
      });

      it('must be there to be deleted', async () => {
        const { nft } = open();
        await make(nft, (batch) => batch.newSet(ADDRESSES));
        expect(await attempt(nft, (batch) => batch.deleteElements(ADDRESSES, addresses(1)))).toEqual([
          '1 ENOENT',
        ]);
      });

      it('need the set', async () => {
        const { nft } = open();
        await make(nft, () => {});
        expect(await attempt(nft, (batch) => batch.newElements(ADDRESSES, addresses(1)))).toEqual([
          '1 ENOENT',
        ]);
      });
    });

    describe('watches', () => {
      const batchOf = (table: NftTable, fill: (batch: NftBatch) => void = () => {}): Buffer => {
        const batch = new NftBatch(table);
        batch.newTable();
        fill(batch);
        return batch.end();
      };

      it('tell of a change by somebody else, and who that was', async () => {
        const { nft, change } = open();
        let onTouched: (touch: TableTouch) => void = () => {};
        const touched = new Promise<TableTouch>((resolve) => {
          onTouched = resolve;
        });
        nft.watch([TABLE], (touch) => onTouched(touch));
        const by = await change(batchOf(TABLE));
        expect(await touched).toEqual({ table: TABLE, by });
      });

      it('tell synchronously when they are drained, each change once', async () => {
        const { nft, change } = open();
        const { watch, tables } = watchAll(nft);
        await change(batchOf(TABLE));
        watch.drain();
        const count = tables.length;
        expect(new Set(tables)).toEqual(new Set([TABLE]));
        watch.drain();
        expect(tables).toHaveLength(count);
      });

      it('tell of changed chains, rules, sets and elements', async () => {
        const { nft, change } = open();
        const { watch, tables } = watchAll(nft);
        const changes: ((batch: NftBatch) => void)[] = [
          (batch) => batch.newChain({ name: 'one' }),
          (batch) => batch.newRule('one', { expressions: [drop] }),
          (batch) => batch.newSet(ADDRESSES),
          (batch) => batch.newElements(ADDRESSES, addresses(2000)),
          (batch) => batch.deleteElements(ADDRESSES, addresses(1)),
          (batch) => batch.deleteSet(ADDRESSES.name),
          (batch) => batch.deleteTable(),
        ];
        await change(batchOf(TABLE));
        for (const each of changes) {
          watch.drain();
          tables.length = 0;
          const batch = new NftBatch(TABLE);
          each(batch);
          await change(batch.end());
          watch.drain();
          expect(tables).toContain(TABLE);
        }
      });

      it('tell nothing of what the port did itself, and nothing of other tables', async () => {
        const { nft, change } = open();
        const { watch, tables } = watchAll(nft);
        await nft.transact(batchOf(TABLE, (batch) => batch.newChain({ name: 'one' })));
        await change(batchOf({ ...TABLE, name: 'fairlead-test-2' }));
        await change(batchOf({ ...TABLE, family: 'IPv6' }));
        watch.drain();
        expect(tables).toEqual([]);
      });

      it('say that they missed something', async () => {
        const { nft, loseEvents } = open();
        const { watch, tables } = watchAll(nft);
        await loseEvents();
        watch.drain();
        expect(tables).toContain(undefined);
      });

      it('hear nothing during an unwatched task, and again afterwards', async () => {
        const { nft, change } = open();
        const { watch, tables } = watchAll(nft);
        await nft.unwatched(async () => {
          await make(nft, (batch) => batch.newChain({ name: 'one' }));
          watch.drain();
        });
        watch.drain();
        expect(tables).toEqual([]);
        await change(batchOf(TABLE, (batch) => batch.newChain({ name: 'two' })));
        watch.drain();
        expect(tables).toEqual([TABLE]);
      });

      it('say that they missed something when others were at work during an unwatched task', async () => {
        const { nft, change } = open();
        const { watch, tables } = watchAll(nft);
        await nft.unwatched(() => change(batchOf({ ...TABLE, name: 'fairlead-test-2' })));
        watch.drain();
        expect(tables).toEqual([undefined]);
      });

      it('tell nothing more once they are closed', async () => {
        const { nft, change } = open();
        const { watch, tables } = watchAll(nft);
        watch.close();
        await change(batchOf(TABLE));
        watch.drain();
        expect(tables).toEqual([]);
      });
    });
  });
}

const drop: NftExpression = { kind: 'verdict', verdict: { kind: 'drop' } };
const mark: NftExpression = { kind: 'meta', key: 'mark', to: 0 };

function goTo(chain: string): NftExpression {
  return { kind: 'verdict', verdict: { kind: 'goto', chain } };
}

/** Makes the table with what is in it. */
async function make(nft: NfTables, fill: (batch: NftBatch) => void): Promise<void> {
  const refusals = await attempt(nft, (batch) => {
    batch.newTable();
    fill(batch);
  });
  expect(refusals).toEqual([]);
}

/** What was refused: numbers of messages, and why. */
async function attempt(nft: NfTables, fill: (batch: NftBatch) => void): Promise<string[]> {
  const batch = new NftBatch(TABLE);
  fill(batch);
  const refusals = await nft.transact(batch.end());
  return refusals.map(({ sequence, error }) => `${sequence} ${error.code}`);
}

async function chainNames(nft: NfTables): Promise<string[]> {
  return (await nft.chains(TABLE)).map(({ name }) => name);
}

/** Sorted by key. */
async function elementsOf(nft: NfTables, set: NftSet): Promise<NftElement[]> {
  const elements: NftElement[] = [];
  for await (const part of nft.elements(TABLE, set)) elements.push(...part);
  return elements.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** 10.0.0.0 and following. */
function addresses(count: number): NftElement[] {
  return Array.from({ length: count }, (_, i) => ({ key: `\x0a\0${String.fromCharCode(i >> 8, i & 255)}` }));
}

/** The tables that are told of. */
function watchAll(nft: NfTables): {
  readonly watch: TableWatch;
  readonly tables: (NftTable | undefined)[];
} {
  const tables: (NftTable | undefined)[] = [];
  return { watch: nft.watch([TABLE], ({ table }) => tables.push(table)), tables };
}
