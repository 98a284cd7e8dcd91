// How many clients session affinity remembers, looked up when somebody scrapes the metrics.
import { countClients } from '../dataplane/nftables/count-clients.ts';
import type { ClientCounts } from '../status/own-metrics.ts';
import { NetlinkError } from '../system/netlink/netlink-error.ts';
import { openNfTables } from '../system/netlink/nftables/nf-tables.ts';

/** Empty where the kernel does not tell, or is busy with other changes. */
export async function readClientCounts(): Promise<ClientCounts> {
  const nfTables = openNfTables();
  try {
    const IPv4 = await countClients(nfTables, 'IPv4');
    const IPv6 = await countClients(nfTables, 'IPv6');
    return { ...(IPv4 !== undefined && { IPv4 }), ...(IPv6 !== undefined && { IPv6 }) };
  } catch (error) {
    if (error instanceof NetlinkError) return {};
    throw error;
  } finally {
    nfTables.close();
  }
}
