// What somebody sends to switch a table off, as `nft add table … { flags dormant; }` does.
import { NFT_TABLE_F_DORMANT } from '../../src/system/netlink/nftables/nfnetlink-nftables.ts';
import { NftBatch } from '../../src/system/netlink/nftables/nft-batch.ts';
import type { NftTable } from '../../src/system/netlink/nftables/nft-table.ts';

/** The last of each: a header and struct nfgenmsg, and before that the flags. */
const END_OF_BATCH_BYTES = 20;
const FLAGS_BYTES = 4;

/** Fairlead itself only ever wakes tables: its message with other flags. */
export function makeDormant(table: NftTable): Buffer {
  const batch = new NftBatch(table);
  batch.wakeTable();
  const bytes = batch.end();
  bytes.writeUInt32BE(NFT_TABLE_F_DORMANT, bytes.length - END_OF_BATCH_BYTES - FLAGS_BYTES);
  return bytes;
}
