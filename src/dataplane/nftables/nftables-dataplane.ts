// The nftables dataplane of one address family: the parts of this folder behind the contract that all dataplanes have.
import type { IpFamily } from '../../model/ip.ts';
import type { NfTables } from '../../system/netlink/nftables/nf-tables.ts';
import type { Dataplane } from '../dataplane.ts';
import { apply } from './apply.ts';
import { commit } from './commit.ts';
import { diff } from './diff.ts';
import { read } from './read.ts';
import { render } from './render.ts';
import { size } from './size.ts';
import type { NftablesChangeSet, NftablesDesired, NftablesState } from './state.ts';
import { TamperWatch } from './tamper-watch.ts';

export interface NftablesDeps {
  readonly family: IpFamily;
  readonly nfTables: NfTables;
  /** How many clients session affinity may remember; undefined: as many as usual. Of a table that is there already it stays. */
  readonly affinityClients?: number | undefined;
}

export type NftablesDataplane = Dataplane<NftablesState, NftablesDesired, NftablesChangeSet>;

/** Throws NetlinkError when the kernel does not tell of changes. */
export function createNftablesDataplane(deps: NftablesDeps): NftablesDataplane {
  const { family, nfTables } = deps;
  const tamperWatch = new TamperWatch(nfTables, family);
  return {
    family,
    read: (known) => {
      tamperWatch.forget();
      return read(deps, known);
    },
    render: (change, state) => render(change, state),
    diff: (state, desired, { isComplete }) => diff({ family, state, desired, isComplete }),
    apply: (changes) =>
      changes.isOneTransaction ? apply(deps, changes) : nfTables.unwatched(() => apply(deps, changes)),
    commit,
    isUntouched: async () => tamperWatch.isUntouched(),
    watch: (onTouched) => tamperWatch.listen(onTouched),
    size,
  };
}
