// Finds out what the kernel cannot do, by trying all of it in one transaction that is refused in any case: nothing stays.
import type { IpFamily } from '../../model/ip.ts';
import type { GlobalPlan } from '../../plan/plan.ts';
import type { NfTables } from '../../system/netlink/nftables/nf-tables.ts';
import { cooperate } from '../../util/cooperate.ts';
import { affinitySet, FIXED_SETS } from './schema.ts';
import { skeleton } from './skeleton.ts';
import { Transaction } from './transaction.ts';

/** Everything that any configuration may want, in a table that nobody has. */
const TABLE_NAME = 'fairlead-trial';
const AFFINITY_SECONDS = 1;
const EVERYTHING: GlobalPlan = {
  masqueradeMark: 1,
  masqueradeAll: false,
  localDetector: { kind: 'input-interface-prefix', prefix: 'veth' },
  nodePortAddresses: { kind: 'all' },
  hasLocalhostNodePorts: true,
  serviceCidrs: [],
  nodeAddresses: [],
};

/** Sentences with the kernel's own words; none: it can do everything. Throws NetlinkError when nf_tables cannot be asked at all. */
export async function lackingFeatures(
  nfTables: Pick<NfTables, 'transact'>,
  family: IpFamily,
): Promise<readonly string[]> {
  const trial = new Transaction({ family, tableName: TABLE_NAME });
  const chains = skeleton({ family, global: EVERYTHING, affinitySeconds: [AFFINITY_SECONDS] });
  trial.makeTable();
  trial.makeSets([...FIXED_SETS, affinitySet(AFFINITY_SECONDS)]);
  trial.makeChains(chains);
  await cooperate(trial.fill(chains));
  const lastSequence = trial.removeMissingChain();
  const refusals = await nfTables.transact(trial.end());
  return trial.describe(refusals.filter(({ sequence }) => sequence !== lastSequence));
}
