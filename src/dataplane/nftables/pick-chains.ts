// The chains that pick an endpoint, each for all frontends with so many endpoints, whichever they are: the set `frontends-16` has those
// with up to 16, and the map `endpoints` the endpoints by frontend and slot.
//
// Of the s slots of a size the first n have an endpoint; there are more than in the size before, b, so n is at least b + 1. A draw takes
// one slot of all s and succeeds with n/s; with a slot that has no endpoint it comes back for the next draw. What t draws leave is
// (1 - n/s)^t of the connections. They go to one of the first b slots, by a draw among those only, which always succeeds. An endpoint
// beyond the first b gets that much less than its share, and no endpoint is further off: so t is the number of draws that leave less
// than MAX_BIAS when n is smallest. On average s/n draws are made, at most four up to 16 endpoints, eight up to 128.
//
// A draw is a chain of its own because each rule that looks into `endpoints` costs: the kernel holds every element that is added against
// every such rule, and every such rule that is added against all elements. With the draws of all chains as rules, 430 of them, it took
// 1.0 s to load 100,000 endpoints, and 6 s to write the rules again. Now there are 24.
import type { IpFamily } from '../../model/ip.ts';
import type { Chain, Rule } from './chain.ts';
import { drawChain, pickChain, type Serves } from './names.ts';
import { frontendKey, randomSlot } from './packet-field.ts';
import { dnatTo, goTo, inSet, jump, ruleOf } from './rule.ts';
import { FIRST_LOCAL_SLOT, PICK_SIZES, type PickSize, sizeSetName } from './schema.ts';

/** How much less or more than its share of connections an endpoint may get. */
const MAX_BIAS = 0.01;

/** Lead to the chain of the frontend's size, the smallest first: most frontends have few endpoints. */
export function pickRules(family: IpFamily, serves: Serves): readonly Rule[] {
  const key = frontendKey(family, serves.isNodePort);
  return PICK_SIZES.map((size) =>
    ruleOf(inSet(key, sizeSetName(size, serves.isLocal)), goTo(pickChain(serves, size))),
  );
}

/** Draws before the picks that lead to them, in the order of PICK_SIZES. */
export function pickChains(family: IpFamily, serves: Serves): readonly Chain[] {
  return PICK_SIZES.flatMap((size, i) => {
    const sizeBefore = PICK_SIZES[i - 1];
    const rules = [draw(family, serves, size)];
    if (sizeBefore === undefined) return [{ name: pickChain(serves, size), comment: 'one endpoint', rules }];
    return [
      { name: drawChain(serves, size), rules },
      {
        name: pickChain(serves, size),
        comment: commentOf(size, serves),
        rules: draws(serves, size, sizeBefore),
      },
    ];
  });
}

function commentOf(size: PickSize, { isNodePort, isLocal }: Serves): string {
  return `one of up to ${size} endpoints${isLocal ? ' of this node' : ''}${isNodePort ? ' of a NodePort' : ''}`;
}

function draws(serves: Serves, size: PickSize, sizeBefore: PickSize): readonly Rule[] {
  const again = ruleOf(jump(drawChain(serves, size)));
  const sureDraw =
    sizeBefore === PICK_SIZES[0] ? pickChain(serves, sizeBefore) : drawChain(serves, sizeBefore);
  return [...new Array<Rule>(drawCount(size, sizeBefore)).fill(again), ruleOf(goTo(sureDraw))];
}

function drawCount(size: PickSize, sizeBefore: PickSize): number {
  const worstMiss = 1 - (sizeBefore + 1) / size;
  return Math.ceil(Math.log(MAX_BIAS) / Math.log(worstMiss));
}

function draw(family: IpFamily, { isNodePort, isLocal }: Serves, size: PickSize): Rule {
  const slot = randomSlot(size, isLocal ? FIRST_LOCAL_SLOT : 0);
  return ruleOf(dnatTo(family, [...frontendKey(family, isNodePort), slot], 'endpoints'));
}
