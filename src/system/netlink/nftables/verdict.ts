// Verdicts of rules as data.
import type { MessageWriter } from '../message-writer.ts';
import { NFTA_DATA_VERDICT, NFTA_VERDICT_CHAIN, NFTA_VERDICT_CODE } from './nfnetlink-nftables.ts';
import type { NftVerdict } from './nft-expression.ts';

/** NF_DROP, NF_ACCEPT; NFT_JUMP, NFT_GOTO, NFT_RETURN, which are negative. */
const CODES = { drop: 0, accept: 1, jump: -3, goto: -4, return: -5 } as const;

/** The inside of an attribute for data. */
export function writeVerdict(writer: MessageWriter, verdict: NftVerdict): void {
  writer.beginNested(NFTA_DATA_VERDICT).attributeBe32(NFTA_VERDICT_CODE, CODES[verdict.kind] >>> 0);
  if ('chain' in verdict) writer.attributeString(NFTA_VERDICT_CHAIN, verdict.chain);
  writer.end();
}
