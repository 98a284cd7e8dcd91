// The chains that pick an endpoint, each for all frontends with so many endpoints, whichever they are: the map `endpoints` has them
// by frontend and slot.
//
// Of the s slots of a chain the first n have an endpoint; there are more than in the size before, so n is at least s/4 + 1. A rule draws
// one slot of all s and succeeds with n/s, less than four draws on average; a slot without endpoint leads to the next rule. What t draws
// leave is (1 - n/s)^t of the connections. They go to one of the first s/4 slots, by the last rule, which draws among those only and
// so always succeeds. An endpoint beyond the first s/4 gets that much less than its share, and no endpoint is further off:
// so t is the number of draws that leave less than MAX_BIAS when n is smallest. It is 7 for 4 slots and 17 for 65,536.
import type { IpFamily } from '../../model/ip.ts';
import type { Chain, Rule } from './chain.ts';
import { type PickSize, pickChain, type Serves } from './names.ts';
import { frontendKey, randomSlot } from './packet-field.ts';
import { dnatTo, ruleOf } from './rule.ts';
import { FIRST_LOCAL_SLOT, PICK_SIZES } from './schema.ts';

/** How much less or more than its share of connections an endpoint may get. */
const MAX_BIAS = 0.01;

/** In the order of PICK_SIZES. */
export function pickChains(family: IpFamily, serves: Serves): readonly Chain[] {
  return PICK_SIZES.map((size, i) => ({
    name: pickChain(serves, size),
    comment: commentOf(size, serves),
    rules: drawsOf(size, PICK_SIZES[i - 1]).map((modulus) => draw(family, serves, modulus)),
  }));
}

function commentOf(size: PickSize, { isNodePort, isLocal }: Serves): string {
  const endpoints = size === 1 ? 'the one endpoint' : `one of up to ${size} endpoints`;
  return `${endpoints}${isLocal ? ' of this node' : ''}${isNodePort ? ' of a NodePort' : ''}`;
}

/** Among how many slots each rule draws. */
function drawsOf(size: PickSize, sizeBefore: PickSize | undefined): readonly number[] {
  if (sizeBefore === undefined) return [size];
  const worstMiss = 1 - (sizeBefore + 1) / size;
  const count = Math.ceil(Math.log(MAX_BIAS) / Math.log(worstMiss));
  return [...Array.from({ length: count }, () => size), sizeBefore];
}

function draw(family: IpFamily, { isNodePort, isLocal }: Serves, modulus: number): Rule {
  const slot = randomSlot(modulus, isLocal ? FIRST_LOCAL_SLOT : 0);
  return ruleOf(dnatTo(family, [...frontendKey(family, isNodePort), slot], 'endpoints'));
}
