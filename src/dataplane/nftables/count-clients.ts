// How many clients session affinity remembers: for a metric.
import type { IpFamily } from '../../model/ip.ts';
import type { NfTables } from '../../system/netlink/nftables/nf-tables.ts';
import { TABLE_NAME } from './names.ts';
import type { SetName } from './schema.ts';

const CLIENTS: SetName = 'clients';

/** Lists no client. undefined where there is no table, and where the kernel does not count (before 6.16). Throws NetlinkError. */
export async function countClients(
  nfTables: Pick<NfTables, 'sets'>,
  family: IpFamily,
): Promise<number | undefined> {
  const sets = await nfTables.sets({ family, name: TABLE_NAME });
  return sets.find(({ name }) => name === CLIENTS)?.count;
}
