// The chains of the table with their rules: they depend on the configuration and on the timeouts of session affinity in use, never on
// Services, which are elements of the sets that the rules look into.
import type { IpFamily } from '../../model/ip.ts';
import type { GlobalPlan } from '../../plan/plan.ts';
import { baseChains } from './base-chains.ts';
import type { Chain } from './chain.ts';
import { checkChains } from './check-chains.ts';
import { learningChain } from './learning-chain.ts';
import { LAYOUT_CHAIN, type Serves } from './names.ts';
import { pickChains } from './pick-chains.ts';
import { serviceChains } from './service-chains.ts';

export interface SkeletonContext {
  readonly family: IpFamily;
  readonly global: GlobalPlan;
  /** Timeouts of session affinity that Services have, in any order. */
  readonly affinitySeconds: readonly number[];
}

const ALL_SERVES: readonly Serves[] = [
  { isNodePort: false, isLocal: false },
  { isNodePort: false, isLocal: true },
  { isNodePort: true, isLocal: false },
  { isNodePort: true, isLocal: true },
];

/** All chains of the table, base chains last: what they lead to is there by then. Equal contexts give equal chains. */
export function skeleton(context: SkeletonContext): readonly Chain[] {
  return [
    { name: LAYOUT_CHAIN, rules: [] },
    ...ALL_SERVES.flatMap((serves) => pickChains(context.family, serves)),
    ...serviceChains(context),
    ...checkChains(context),
    learningChain(context),
    ...baseChains(context),
  ];
}
