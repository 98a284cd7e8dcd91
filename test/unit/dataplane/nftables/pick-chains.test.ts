import { describe, expect, it } from 'vitest';
import type { Chain } from '../../../../src/dataplane/nftables/chain.ts';
import { pickChains } from '../../../../src/dataplane/nftables/pick-chains.ts';
import { FIRST_LOCAL_SLOT, PICK_SIZES } from '../../../../src/dataplane/nftables/schema.ts';

const COUNTS = [
  ...Array.from({ length: 70 }, (_, i) => i + 1),
  ...[250, 256, 257, 1000, 1024, 1025, 4096, 4097, 16_384, 16_385, 20_000, 65_535, 65_536],
];

describe.each([false, true])('picking for a NodePort: %s', (isNodePort) => {
  it.each(COUNTS)('gives each of %i endpoints its share, off by less than 1 %%', (endpoints) => {
    const shares = sharesOf(chainFor(endpoints, isNodePort), endpoints);
    const deviations = shares.map((share) => Math.abs(share * endpoints - 1));
    expect(Math.max(...deviations)).toBeLessThan(0.01);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  it('draws less than four times on average, however many endpoints there are', () => {
    for (const endpoints of COUNTS)
      expect(meanDraws(chainFor(endpoints, isNodePort), endpoints)).toBeLessThan(4);
  });

  it('draws among the slots of this node where only those count', () => {
    const drawn = (isLocal: boolean) =>
      pickChains('IPv4', { isNodePort, isLocal }).flatMap((chain) =>
        draws(chain).map(({ offset }) => offset),
      );
    expect(new Set(drawn(true))).toEqual(new Set([FIRST_LOCAL_SLOT]));
    expect(new Set(drawn(false))).toEqual(new Set([0]));
  });
});

/** As the elements of a frontend lead to it: the smallest that holds them. */
function chainFor(endpoints: number, isNodePort: boolean): Chain {
  const index = PICK_SIZES.findIndex((size) => size >= endpoints);
  const chain = pickChains('IPv4', { isNodePort, isLocal: false })[index];
  if (!chain) throw new Error(`no chain for ${endpoints} endpoints`);
  return chain;
}

/** Follows the rules: what a rule does not place goes to the next one. */
function sharesOf(chain: Chain, endpoints: number): number[] {
  const shares = new Array<number>(endpoints).fill(0);
  let rest = 1;
  for (const { modulus } of draws(chain)) {
    const filled = Math.min(modulus, endpoints);
    for (let slot = 0; slot < filled; slot++) shares[slot] = (shares[slot] ?? 0) + rest / modulus;
    rest *= 1 - filled / modulus;
  }
  return shares;
}

function meanDraws(chain: Chain, endpoints: number): number {
  let [mean, rest] = [0, 1];
  for (const { modulus } of draws(chain)) {
    mean += rest;
    rest *= 1 - Math.min(modulus, endpoints) / modulus;
  }
  return mean;
}

function draws({ rules }: Chain) {
  return rules.flatMap(({ expressions }) => expressions.filter((expression) => expression.kind === 'random'));
}
