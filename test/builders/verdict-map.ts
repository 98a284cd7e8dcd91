// A map of verdicts, of which kube-proxy has many and Fairlead has none: chains that its elements lead to are in use.
import { MessageWriter } from '../../src/system/netlink/message-writer.ts';
import {
  NFNL_MSG_BATCH_BEGIN,
  NFNL_MSG_BATCH_END,
  NFNL_SUBSYS_NFTABLES,
  NFPROTO,
  NFT_MSG_NEWSET,
  NFT_MSG_NEWSETELEM,
  NFT_SET_MAP,
  NFTA_DATA_VALUE,
  NFTA_LIST_ELEM,
  NFTA_SET_DATA_LEN,
  NFTA_SET_DATA_TYPE,
  NFTA_SET_ELEM_DATA,
  NFTA_SET_ELEM_KEY,
  NFTA_SET_ELEM_LIST_ELEMENTS,
  NFTA_SET_ELEM_LIST_SET,
  NFTA_SET_FLAGS,
  NFTA_SET_ID,
  NFTA_SET_KEY_LEN,
  NFTA_SET_KEY_TYPE,
  NFTA_SET_NAME,
  NFTA_TABLE,
  NLM_F_CREATE,
} from '../../src/system/netlink/nftables/nfnetlink-nftables.ts';
import type { NftSet } from '../../src/system/netlink/nftables/nft-set.ts';
import type { NftTable } from '../../src/system/netlink/nftables/nft-table.ts';
import { keyType } from '../../src/system/netlink/nftables/set-types.ts';
import { writeVerdict } from '../../src/system/netlink/nftables/verdict.ts';

/** As the type of data. */
export const NFT_DATA_VERDICT = 0xffffff00;

/** A transaction that makes the map, with an element that leads to a chain. */
export function makeVerdictMap(
  table: NftTable,
  map: Pick<NftSet, 'name' | 'key'>,
  element: { readonly key: string; readonly chain: string },
): Buffer {
  const writer = new MessageWriter();
  writeMark(writer, NFNL_MSG_BATCH_BEGIN);
  writeMap(begin(writer, table, NFT_MSG_NEWSET), map);
  begin(writer, table, NFT_MSG_NEWSETELEM).attributeString(NFTA_SET_ELEM_LIST_SET, map.name);
  writer.beginNested(NFTA_SET_ELEM_LIST_ELEMENTS).beginNested(NFTA_LIST_ELEM);
  writer.beginNested(NFTA_SET_ELEM_KEY).attributeLatin1(NFTA_DATA_VALUE, element.key).end();
  writeVerdict(writer.beginNested(NFTA_SET_ELEM_DATA), { kind: 'goto', chain: element.chain });
  writer.end().end().end().end();
  writeMark(writer, NFNL_MSG_BATCH_END);
  return writer.bytes();
}

function writeMap(writer: MessageWriter, { name, key }: Pick<NftSet, 'name' | 'key'>): void {
  const { number, bytes } = keyType({ name, key });
  writer
    .attributeString(NFTA_SET_NAME, name)
    .attributeBe32(NFTA_SET_FLAGS, NFT_SET_MAP)
    .attributeBe32(NFTA_SET_KEY_TYPE, number)
    .attributeBe32(NFTA_SET_KEY_LEN, bytes)
    .attributeBe32(NFTA_SET_DATA_TYPE, NFT_DATA_VERDICT)
    .attributeBe32(NFTA_SET_DATA_LEN, 0)
    .attributeBe32(NFTA_SET_ID, 1)
    .end();
}

function begin(writer: MessageWriter, { family, name }: NftTable, type: number): MessageWriter {
  return writer
    .beginMessage({ type, flags: NLM_F_CREATE, sequence: type })
    .u8(NFPROTO[family])
    .u8(0)
    .be16(0)
    .attributeString(NFTA_TABLE, name);
}

function writeMark(writer: MessageWriter, type: number): void {
  writer.beginMessage({ type, flags: 0, sequence: 0 }).u8(0).u8(0).be16(NFNL_SUBSYS_NFTABLES).end();
}
