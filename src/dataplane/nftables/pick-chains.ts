// The chains that pick an endpoint, each for all frontends with so many endpoints, whichever they are: the map `endpoints` has them
// by frontend and slot.
//
// Of the s slots of a chain, n are filled from 0 on. A try draws one of all s and succeeds with n/s; n is more than a quarter of s,
// because the chain of the size before holds a quarter. What 17 tries leave, at most (3/4)^17 = 0.75 % of connections, goes to
// one of the s/4 first slots by the last rule, which always succeeds. So a slot beyond those gets at most 0.75 % less than its share,
// and on average less than four tries are made.
import type { IpFamily } from '../../model/ip.ts';
import type { Chain, Rule } from './chain.ts';
import { type PickSize, pickChain, type Serves } from './names.ts';
import { frontendKey, randomSlot } from './packet-field.ts';
import { dnatTo, ruleOf } from './rule.ts';
import { FIRST_LOCAL_SLOT, PICK_SIZES } from './schema.ts';

/** Rules that are not reached cost nothing but memory. */
const TRIES = 17;

/** In the order of PICK_SIZES. */
export function pickChains(family: IpFamily, serves: Serves): readonly Chain[] {
  return PICK_SIZES.map((size, i) => ({
    name: pickChain(serves, size),
    comment: `one of up to ${size} endpoints${serves.isLocal ? ' of this node' : ''}`,
    rules: tries(size, PICK_SIZES[i - 1]).map((modulus) => pick(family, serves, modulus)),
  }));
}

/** What is drawn from, rule by rule. */
function tries(size: PickSize, sizeBefore: PickSize | undefined): readonly number[] {
  return sizeBefore === undefined ? [size] : [...Array.from({ length: TRIES }, () => size), sizeBefore];
}

function pick(family: IpFamily, { isNodePort, isLocal }: Serves, modulus: number): Rule {
  const slot = randomSlot(modulus, isLocal ? FIRST_LOCAL_SLOT : 0);
  return ruleOf(dnatTo(family, [...frontendKey(family, isNodePort), slot], 'endpoints'));
}
