// Which chains and sets change. They depend on the configuration and on the timeouts of session affinity in use, so mostly none do.
import { isDeepStrictEqual } from 'node:util';
import type { IpFamily } from '../../model/ip.ts';
import type { GlobalPlan } from '../../plan/plan.ts';
import { setShape } from '../../system/netlink/nftables/set-types.ts';
import type { Chain } from './chain.ts';
import { kernelSet } from './kernel-set.ts';
import { affinitySet, FIXED_SETS, type SetSchema } from './schema.ts';
import { skeleton } from './skeleton.ts';
import type { KnownTable, NftablesChangeSet } from './state.ts';

export type TableChanges = Pick<
  NftablesChangeSet,
  'removes' | 'sets' | 'chains' | 'isOneTransaction' | 'makesLive'
>;

export interface WantedTable {
  readonly family: IpFamily;
  readonly global: GlobalPlan;
  /** Timeouts of session affinity that Services have. */
  readonly affinitySeconds: readonly number[];
  /** Timeouts that they had until now. */
  readonly goneSeconds: readonly number[];
  /** Nothing else is wanted, and packets are to come through. Otherwise base chains change only where packets do already. */
  readonly isComplete: boolean;
}

export function noTableChanges({ isLive }: KnownTable): TableChanges {
  return {
    removes: { chains: [], sets: [] },
    ...{ sets: [], chains: [] },
    ...{ isOneTransaction: isLive, makesLive: false },
  };
}

export function tableChanges(table: KnownTable, wanted: WantedTable): TableChanges {
  const { isComplete } = wanted;
  const affinitySeconds = isComplete ? wanted.affinitySeconds : withKnownTimeouts(table, wanted);
  const sets = setChanges(table, { ...wanted, affinitySeconds });
  const chains = chainChanges(
    table,
    { ...wanted, affinitySeconds },
    { isRewritten: sets.misshapen.length > 0 },
  );
  const isInTheWay = sets.misshapen.length + chains.misplaced.length > 0;
  return {
    removes: {
      sets: [...sets.misshapen, ...sets.unwanted],
      chains: [...chains.misplaced, ...chains.unwanted],
    },
    sets: sets.missing,
    chains: chains.writes,
    isOneTransaction: table.isLive || isInTheWay || chains.writes.some((chain) => isFilled(table, chain)),
    makesLive: isComplete && !table.isLive,
  };
}

/** After a restart Services that are written later may need the timeouts that the table has. */
function withKnownTimeouts({ sets }: KnownTable, { affinitySeconds, goneSeconds }: WantedTable): number[] {
  const known = sets.keys().flatMap((name) => {
    const seconds = /^affinity-([1-9]\d*)s$/.exec(name)?.[1];
    return seconds ? [Number(seconds)] : [];
  });
  return [...new Set([...known, ...affinitySeconds]).difference(new Set(goneSeconds))];
}

function setChanges({ sets }: KnownTable, { family, affinitySeconds, goneSeconds, isComplete }: WantedTable) {
  const wanted: readonly SetSchema[] = [...FIXED_SETS, ...affinitySeconds.map(affinitySet)];
  const shapes = new Map(wanted.map((schema) => [schema.name, setShape(kernelSet(schema, family))]));
  const isWanted = (name: string) => (shapes as ReadonlyMap<string, string>).has(name);
  const gone = goneSeconds
    .map((seconds): string => affinitySet(seconds).name)
    .filter((name) => sets.has(name));
  const missing = wanted.filter(({ name }) => sets.get(name) !== shapes.get(name));
  return {
    missing,
    misshapen: missing.map(({ name }): string => name).filter((name) => sets.has(name)),
    unwanted: isComplete ? Array.from(sets.keys()).filter((name) => !isWanted(name)) : gone,
  };
}

/**
 * `isRewritten`: rules look into the very set, not into whichever has its name, so one that is made anew needs new rules. So does
 * a chain, which somebody may have renamed.
 */
function chainChanges(table: KnownTable, wanted: WantedTable, { isRewritten }: { isRewritten: boolean }) {
  const { isComplete } = wanted;
  const chains = skeleton(wanted).filter(({ hook }) => !hook || table.isLive || isComplete);
  const names = new Set(chains.map(({ name }) => name));
  const misplaced = chains.filter((chain) => isMisplaced(table, chain)).map(({ name }) => name);
  const isAnyMissing = chains.some(({ name, hook }) => !hook && !table.chains.has(name));
  return {
    misplaced,
    writes: chains.filter((chain) => isRewritten || isAnyMissing || !isAsWanted(table, chain)),
    unwanted: isComplete ? Array.from(table.chains.keys()).filter((name) => !names.has(name)) : [],
  };
}

function isMisplaced({ chains }: KnownTable, { name, hook }: Chain): boolean {
  const known = chains.get(name);
  return known !== undefined && !isDeepStrictEqual(known.hook, hook);
}

function isAsWanted(table: KnownTable, chain: Chain): boolean {
  const tags = table.chains.get(chain.name)?.tags;
  const wanted = chain.rules.map(({ tag }) => tag);
  return !isMisplaced(table, chain) && isDeepStrictEqual(tags, wanted);
}

/** A chain of ours that has other rules than it should: somebody else's, who may be using it. */
function isFilled({ chains }: KnownTable, { name, hook }: Chain): boolean {
  const known = chains.get(name);
  return hook === undefined && known !== undefined && known.tags.length > 0;
}
