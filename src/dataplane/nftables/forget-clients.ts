// Makes session affinity forget clients of endpoints that are gone. The kernel cannot search by endpoint, so all clients are listed;
// that costs nothing where no Service has affinity.
import type { IpFamily } from '../../model/ip.ts';
import type { NfTables } from '../../system/netlink/nftables/nf-tables.ts';
import { NftBatch } from '../../system/netlink/nftables/nft-batch.ts';
import type { NftElement, NftSet } from '../../system/netlink/nftables/nft-set.ts';
import type { Packed } from './element.ts';
import { type Evictions, isEvicted } from './evictions.ts';
import { kernelSet } from './kernel-set.ts';
import { TABLE_NAME } from './names.ts';
import { schemaOf } from './schema.ts';

interface Deps {
  readonly family: IpFamily;
  readonly nfTables: Pick<NfTables, 'elements' | 'transact'>;
}

/**
 * Returns how many clients were forgotten. Throws NetlinkError. Packets add clients all the time, which may hide others from a list, so
 * lists are made until one has nobody to forget; picks lead to endpoints that stay by then.
 */
export async function forgetClients({ family, nfTables }: Deps, evictions: Evictions): Promise<number> {
  if (evictions.size === 0) return 0;
  const clients = kernelSet(schemaOf('clients'), family);
  const table = { family, name: TABLE_NAME };
  let forgotten = 0;
  for (;;) {
    const evicted: NftElement[] = [];
    for await (const part of nfTables.elements(table, clients)) {
      evicted.push(...part.filter(({ key, value }) => isEvicted(evictions, key as Packed, value as Packed)));
    }
    if (evicted.length === 0) return forgotten;
    await remove(nfTables, table, clients, evicted);
    forgotten += evicted.length;
  }
}

/** Clients expire at any time: those that did are left out of the next try. */
async function remove(
  nfTables: Pick<NfTables, 'transact'>,
  table: { readonly family: IpFamily; readonly name: string },
  clients: NftSet,
  evicted: readonly NftElement[],
): Promise<void> {
  for (let rest = evicted; rest.length > 0; ) {
    const batch = new NftBatch(table);
    // A message for each, so that each refusal is about one.
    for (const client of rest) batch.deleteElements(clients, [client]);
    const refusals = await nfTables.transact(batch.end());
    if (refusals.length === 0) return;
    const other = refusals.find(({ error }) => error.code !== 'ENOENT');
    if (other) throw other.error;
    const gone = new Set(refusals.map(({ sequence }) => sequence));
    rest = rest.filter((_, i) => !gone.has(i + 1));
  }
}
