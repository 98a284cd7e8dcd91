import { describe, expect, it } from 'vitest';
import type { Chain } from '../../../../src/dataplane/nftables/chain.ts';
import { pickChain } from '../../../../src/dataplane/nftables/names.ts';
import { pickChains, pickRules } from '../../../../src/dataplane/nftables/pick-chains.ts';
import { FIRST_LOCAL_SLOT, PICK_SIZES } from '../../../../src/dataplane/nftables/schema.ts';

const COUNTS = [
  ...Array.from({ length: 70 }, (_, i) => i + 1),
  ...[128, 129, 250, 256, 257, 1000, 1024, 1025, 2048, 2049, 4096, 20_000, 65_535, 65_536],
];

describe.each([false, true])('picking for a NodePort: %s', (isNodePort) => {
  it.each(COUNTS)('gives each of %i endpoints its share, off by less than 1 %%', (endpoints) => {
    const shares = sharesOf(drawsFor(endpoints, isNodePort), endpoints);
    const deviations = shares.map((share) => Math.abs(share * endpoints - 1));
    expect(Math.max(...deviations)).toBeLessThan(0.01);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  it.each([
    [16, 4],
    [128, 8],
    [2048, 16],
    [65_536, 32],
  ])('draws up to %i endpoints less than %i times on average', (mostEndpoints, mostDraws) => {
    for (const endpoints of COUNTS.filter((count) => count <= mostEndpoints))
      expect(meanDraws(drawsFor(endpoints, isNodePort), endpoints)).toBeLessThan(mostDraws);
  });

  it.each([false, true])(
    'leads from the set of each size to the chain of that size, local: %s',
    (isLocal) => {
      const serves = { isNodePort, isLocal };
      const ways = pickRules('IPv4', serves).map(({ expressions }) => {
        const [lookup, verdict] = expressions.slice(-2);
        return [lookup, verdict].map((each) => JSON.stringify(each)).join(' ');
      });
      const names = new Set(pickChains('IPv4', serves).map(({ name }) => name));
      expect(ways).toHaveLength(PICK_SIZES.length);
      for (const [i, size] of PICK_SIZES.entries()) {
        const chain = pickChain(serves, size);
        expect(names).toContain(chain);
        expect(ways[i]).toContain(`"set":"${isLocal ? 'local-' : ''}frontends-${size}"`);
        expect(ways[i]).toContain(`"goto","chain":"${chain}"`);
      }
    },
  );

  it('looks into the map of endpoints in few rules', () => {
    const chains = pickChains('IPv4', { isNodePort, isLocal: false });
    expect(chains.flatMap(randomsOf)).toHaveLength(PICK_SIZES.length);
  });

  it('draws among the slots of this node where only those count', () => {
    const drawn = (isLocal: boolean) =>
      pickChains('IPv4', { isNodePort, isLocal }).flatMap((chain) =>
        randomsOf(chain).map(({ offset }) => offset),
      );
    expect(new Set(drawn(true))).toEqual(new Set([FIRST_LOCAL_SLOT]));
    expect(new Set(drawn(false))).toEqual(new Set([0]));
  });
});

/** The moduli of the draws, in their order, of the smallest chain that holds so many endpoints. */
function drawsFor(endpoints: number, isNodePort: boolean): readonly number[] {
  const serves = { isNodePort, isLocal: false };
  const size = PICK_SIZES.find((candidate) => candidate >= endpoints);
  if (!size) throw new Error(`no chain for ${endpoints} endpoints`);
  const chains = new Map(pickChains('IPv4', serves).map((chain) => [chain.name, chain]));
  return drawsOf(chains, pickChain(serves, size));
}

function drawsOf(chains: ReadonlyMap<string, Chain>, name: string): readonly number[] {
  const chain = chains.get(name);
  if (!chain) throw new Error(`no chain ${name}`);
  return chain.rules.flatMap(({ expressions }) =>
    expressions.flatMap((expression) => {
      if (expression.kind === 'random') return expression.modulus;
      if (expression.kind !== 'verdict' || !('chain' in expression.verdict)) return [];
      return drawsOf(chains, expression.verdict.chain);
    }),
  );
}

/** What a draw does not place goes to the next one. */
function sharesOf(draws: readonly number[], endpoints: number): number[] {
  const shares = new Array<number>(endpoints).fill(0);
  let rest = 1;
  for (const modulus of draws) {
    const filled = Math.min(modulus, endpoints);
    for (let slot = 0; slot < filled; slot++) shares[slot] = (shares[slot] ?? 0) + rest / modulus;
    rest *= 1 - filled / modulus;
  }
  return shares;
}

function meanDraws(draws: readonly number[], endpoints: number): number {
  let [mean, rest] = [0, 1];
  for (const modulus of draws) {
    mean += rest;
    rest *= 1 - Math.min(modulus, endpoints) / modulus;
  }
  return mean;
}

function randomsOf({ rules }: Chain) {
  return rules.flatMap(({ expressions }) => expressions.filter((expression) => expression.kind === 'random'));
}
