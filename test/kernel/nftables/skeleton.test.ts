// The chains without Services in the kernel: accepted, printed legibly by nft, and read by nft again. `vitest -u` writes the golden
// text anew.
import { describe, expect, it } from 'vitest';
import { skeleton } from '../../../src/dataplane/nftables/skeleton.ts';
import type { IpFamily } from '../../../src/model/ip.ts';
import { createScratchNetns } from '../system/scratch-netns.ts';
import { debugText } from './debug-text.ts';
import { listRuleset, runIn, writeSkeleton } from './skeleton-bed.ts';
import { defaultCase, FAMILIES, otherCases, type SkeletonCase } from './skeleton-cases.ts';

describe.each(FAMILIES)('the chains of %s', (family) => {
  it('print as the golden text', async () => {
    await expect(listingOf(defaultCase(family))).toMatchFileSnapshot(goldenFile('default', family));
  });

  it.each(otherCases(family))('print as the golden text where they differ: $name', async (other) => {
    const known = new Set(blocksOf(listingOf(defaultCase(family))));
    const differing = blocksOf(listingOf(other)).filter((block) => !known.has(block));
    await expect(`${differing.join('\n\n')}\n`).toMatchFileSnapshot(goldenFile(other.name, family));
  });

  it.each(readableCases(family))('are read by nft as it printed them: $name', (readable) => {
    const listing = listingOf(readable);
    const netns = createScratchNetns();
    runIn(netns, 'nft', ['-f', '-'], listing);
    expect(listRuleset(netns)).toBe(listing);
  });

  it.each(readableCases(family))('are what nft compiles of what it prints: $name', (readable) => {
    const compiled = runIn(createScratchNetns(), 'nft', ['--debug=netlink', '-f', '-'], listingOf(readable));
    expect(compiledRules(compiled)).toEqual(ourRules(readable));
  });
});

/** nft 1.0.6 prints `update` of a map with IPv6 keys and data, and aborts when it reads it: its registers for that are too few. */
function readableCases(family: IpFamily): readonly SkeletonCase[] {
  const cases = [defaultCase(family), ...otherCases(family)];
  return cases.filter(({ context }) => family === 'IPv4' || context.affinitySeconds.length === 0);
}

function listingOf({ context }: SkeletonCase): string {
  const netns = createScratchNetns();
  expect(writeSkeleton(netns, context)).toEqual([]);
  return listRuleset(netns);
}

function goldenFile(name: string, family: IpFamily): string {
  return `../../golden/nftables/${name}.${family.toLowerCase()}.nft`;
}

/** Chains and sets. */
function blocksOf(listing: string): string[] {
  return listing.replace(/\n\}\n$/, '').split('\n\n');
}

/** By chain: each rule is the lines of its expressions. */
type Rules = Readonly<Record<string, readonly string[][]>>;

function ourRules({ context }: SkeletonCase): Rules {
  const chains = skeleton(context).filter(({ rules }) => rules.length > 0);
  return Object.fromEntries(
    chains.map(({ name, rules }) => [
      name,
      rules.map(({ expressions }) => expressions.map((expression) => debugText(expression))),
    ]),
  );
}

/** Of a rule nft prints family, table and chain in one line, then an expression in each. */
function compiledRules(text: string): Rules {
  const rules: Record<string, string[][]> = {};
  for (const [, chain = '', body = ''] of text.matchAll(/^ip6? kube-proxy (\S+)\n((?: {2}\[ .*\n)+)/gm)) {
    const expressions = Array.from(body.matchAll(/\[ (.*?) \]/g), ([, expression = '']) => expression);
    rules[chain] ??= [];
    rules[chain].push(expressions.filter((expression) => !isIdle(expression)).map(withoutRejectCode));
  }
  return rules;
}

/** nft turns the one byte of the protocol round for a lookup in a set of intervals: nothing happens to it. */
function isIdle(expression: string): boolean {
  return /^byteorder reg (\d) = hton\(reg \1, 2, 1\)$/.test(expression);
}

/** `reject` leaves the code to the family. */
function withoutRejectCode(expression: string): string {
  return expression.replace(/^(reject type 0 code) \d$/, '$1');
}
