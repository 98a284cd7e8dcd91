// Writes a set of nf_tables as the attributes of NFT_MSG_NEWSET.
import type { MessageWriter } from '../message-writer.ts';
import {
  NFT_SET_CONCAT,
  NFTA_LIST_ELEM,
  NFTA_SET_DATA_LEN,
  NFTA_SET_DATA_TYPE,
  NFTA_SET_DESC,
  NFTA_SET_DESC_CONCAT,
  NFTA_SET_DESC_SIZE,
  NFTA_SET_FIELD_LEN,
  NFTA_SET_FLAGS,
  NFTA_SET_ID,
  NFTA_SET_KEY_LEN,
  NFTA_SET_KEY_TYPE,
  NFTA_SET_NAME,
  NFTA_SET_USERDATA,
} from './nfnetlink-nftables.ts';
import type { NftSet } from './nft-set.ts';
import { fieldLengths, keyType, setFlags, setUserData, valueType } from './set-types.ts';

/** `id` tells it from the other new sets of the transaction. */
export function writeSet(writer: MessageWriter, set: NftSet, id: number): void {
  const key = keyType(set);
  const value = valueType(set);
  writer
    .attributeString(NFTA_SET_NAME, set.name)
    .attributeBe32(NFTA_SET_FLAGS, setFlags(set))
    .attributeBe32(NFTA_SET_KEY_TYPE, key.number)
    .attributeBe32(NFTA_SET_KEY_LEN, key.bytes);
  if (value)
    writer.attributeBe32(NFTA_SET_DATA_TYPE, value.number).attributeBe32(NFTA_SET_DATA_LEN, value.bytes);
  writer.attributeBe32(NFTA_SET_ID, id);
  writeDescription(writer, set);
  writer.attribute(NFTA_SET_USERDATA, setUserData(set));
}

function writeDescription(writer: MessageWriter, set: NftSet): void {
  const isConcatOfIntervals = setFlags(set) & NFT_SET_CONCAT;
  if (set.size === undefined && !isConcatOfIntervals) return;
  writer.beginNested(NFTA_SET_DESC);
  if (set.size !== undefined) writer.attributeBe32(NFTA_SET_DESC_SIZE, set.size);
  if (isConcatOfIntervals) writeFieldLengths(writer, fieldLengths(set.key));
  writer.end();
}

function writeFieldLengths(writer: MessageWriter, lengths: readonly number[]): void {
  writer.beginNested(NFTA_SET_DESC_CONCAT);
  for (const length of lengths)
    writer.beginNested(NFTA_LIST_ELEM).attributeBe32(NFTA_SET_FIELD_LEN, length).end();
  writer.end();
}
