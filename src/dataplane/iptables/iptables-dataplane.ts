// The iptables dataplane of one address family: the parts of this folder behind the contract that all dataplanes have.
import type { IpFamily } from '../../model/ip.ts';
import type { Exec } from '../../system/exec.ts';
import type { Sysctl } from '../../system/sysctl.ts';
import type { Dataplane } from '../dataplane.ts';
import { apply } from './apply.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import type { IptablesFeatures } from './features.ts';
import { read } from './read.ts';
import { render } from './render.ts';
import { ruleCounts } from './size.ts';
import type { IptablesChangeSet, IptablesDesired, IptablesState } from './state.ts';
import { type RuleCounter, TamperProbe } from './tamper-probe.ts';
import type { IptablesVariant } from './tools.ts';

export interface IptablesDeps {
  readonly family: IpFamily;
  readonly variant: IptablesVariant;
  readonly features: IptablesFeatures;
  readonly exec: Exec;
  readonly sysctl: Sysctl;
  /** Of the variant: see rule-counters.ts. */
  readonly ruleCounter: RuleCounter;
}

export type IptablesDataplane = Dataplane<IptablesState, IptablesDesired, IptablesChangeSet>;

export function createIptablesDataplane(deps: IptablesDeps): IptablesDataplane {
  const tamperProbe = new TamperProbe(deps.ruleCounter);
  return {
    family: deps.family,
    read: (known) => read(deps, known),
    render: (change, state) => render(deps, change, state),
    diff: (state, desired, { isComplete }) => diff({ family: deps.family, state, desired, isComplete }),
    apply: (changes) => apply(deps, changes),
    commit,
    isUntouched: ({ chains }) => tamperProbe.isUntouched(chains),
    size: ({ chains }) => ruleCounts(chains),
  };
}
