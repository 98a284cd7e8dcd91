// Expressions as `nft --debug=netlink` shows them (libnftnl's snprintf of each), to hold ours against what nft compiles.
import type { NftExpression, Register } from '../../../src/system/netlink/nftables/nft-expression.ts';
import { assertNever } from '../../../src/util/assert-never.ts';

export function debugText(expression: NftExpression): string {
  switch (expression.kind) {
    case 'payload': {
      const { length, base, offset, to } = expression;
      return `payload load ${length}b @ ${base} header + ${offset} => reg ${register(to)}`;
    }
    case 'meta':
      return `meta load ${expression.key} => reg ${register(expression.to)}`;
    case 'set-mark':
      return `meta set mark with reg ${register(expression.from)}`;
    case 'ct':
      return `ct load ${expression.key} => reg ${register(expression.to)}`;
    case 'ct-original':
      return `ct load ${CT_KEYS[expression.key]} => reg ${register(expression.to)} , dir original`;
    case 'random':
      return `numgen reg ${register(expression.to)} = random mod ${expression.modulus}${offsetText(expression.offset)}`;
    case 'bitwise':
      return `bitwise reg ${register(expression.to)} = ( reg ${register(expression.from)} & ${words(expression.mask)} ) ^ ${words(expression.xor)}`;
    case 'compare':
      return `cmp ${expression.operator === 'equal' ? 'eq' : 'neq'} reg ${register(expression.from)} ${words(expression.value)}`;
    case 'lookup':
      return `lookup reg ${register(expression.from)} set ${expression.set}${lookupTarget(expression.to)}${expression.isInverted ? ' 0x1' : ''}`;
    case 'verdict':
      return `immediate reg 0 ${verdictText(expression.verdict)}`;
    case 'dnat':
      return `nat dnat ${expression.family === 'IPv4' ? 'ip' : 'ip6'} addr_min reg ${register(expression.address)} proto_min reg ${register(expression.port)}`;
    case 'masquerade':
      return 'masq flags 0x10';
    case 'reject':
      return 'reject type 0 code';
    case 'fib-type':
      return `fib ${expression.of === 'source' ? 'saddr' : 'daddr'} type => reg ${register(expression.to)}`;
    case 'counter':
      return 'counter pkts 0 bytes 0';
    case 'learn':
      return `dynset update reg_key ${register(expression.key)} set ${expression.set} sreg_data ${register(expression.data)} timeout ${expression.timeoutMs}ms`;
    default:
      return assertNever(expression);
  }
}

const CT_KEYS = {
  'source-ipv4': 'src_ip',
  'destination-ipv4': 'dst_ip',
  'source-ipv6': 'src_ip6',
  'destination-ipv6': 'dst_ip6',
  'destination-port': 'proto_dst',
};

/** The first of each four has the number of its NFT_REG_1 …, the others are NFT_REG32_00 and so on. */
function register(register: Register): number {
  return register % 4 === 0 ? 1 + register / 4 : 8 + register;
}

function lookupTarget(to: Register | undefined): string {
  return to === undefined ? '' : ` dreg ${register(to)}`;
}

function offsetText(offset: number): string {
  return offset === 0 ? '' : ` offset ${offset}`;
}

function verdictText(verdict: Extract<NftExpression, { kind: 'verdict' }>['verdict']): string {
  return 'chain' in verdict ? `${verdict.kind} -> ${verdict.chain}` : verdict.kind;
}

/** As words of this machine. */
function words(bytes: Uint8Array): string {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return Array.from(new Uint32Array(padded.buffer), (word) => `0x${word.toString(16).padStart(8, '0')}`).join(
    ' ',
  );
}
