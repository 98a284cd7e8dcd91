// Verdicts as data, written and read: in rules, and in elements of verdict maps.
import { forEachAttribute } from '../message-reader.ts';
import type { MessageWriter } from '../message-writer.ts';
import { NFTA_DATA_VERDICT, NFTA_VERDICT_CHAIN, NFTA_VERDICT_CODE } from './nfnetlink-nftables.ts';
import type { NftVerdictText } from './nft-set.ts';

/** NF_DROP, NF_ACCEPT; NFT_JUMP, NFT_GOTO, NFT_RETURN, which are negative. */
const CODES = { drop: 0, accept: 1, jump: -3, goto: -4, return: -5 } as const;

type VerdictKind = keyof typeof CODES;

/** As `writeVerdict`, of text as elements have it. Throws when it is none. */
export function writeVerdictText(writer: MessageWriter, text: string): void {
  const space = text.indexOf(' ');
  const kind = space < 0 ? text : text.slice(0, space);
  if (!isVerdictKind(kind)) throw new Error(`no verdict: ${text}`);
  writeVerdict(writer, kind, space < 0 ? undefined : text.slice(space + 1));
}

/** The inside of an attribute for data. */
export function writeVerdict(writer: MessageWriter, kind: VerdictKind, chain?: string): void {
  writer.beginNested(NFTA_DATA_VERDICT).attributeBe32(NFTA_VERDICT_CODE, CODES[kind] >>> 0);
  if (chain !== undefined) writer.attributeString(NFTA_VERDICT_CHAIN, chain);
  writer.end();
}

/** The text of what is inside of an attribute for data, undefined for a verdict that is none of ours. */
export function verdictTextAt(message: Buffer, start: number, end: number): NftVerdictText | undefined {
  let code: number | undefined;
  let chain = '';
  forEachAttribute(message, start, end, (_, from, to) => {
    forEachAttribute(message, from, to, (type, valueStart, valueEnd) => {
      if (type === NFTA_VERDICT_CODE) code = message.readInt32BE(valueStart);
      else if (type === NFTA_VERDICT_CHAIN) chain = message.toString('latin1', valueStart, valueEnd - 1);
    });
  });
  return verdictText(code, chain);
}

function verdictText(code: number | undefined, chain: string): NftVerdictText | undefined {
  switch (code) {
    case CODES.drop:
      return 'drop';
    case CODES.accept:
      return 'accept';
    case CODES.return:
      return 'return';
    case CODES.goto:
      return `goto ${chain}`;
    case CODES.jump:
      return `jump ${chain}`;
    default:
      return undefined;
  }
}

function isVerdictKind(text: string): text is VerdictKind {
  return Object.hasOwn(CODES, text);
}
