// The words of which skeleton.ts makes rules; each is a part of a rule as nft would say it, and the same expressions that nft 1.0.6
// makes of it, so that `nft list ruleset` prints it in these words.
import { hash } from 'node:crypto';
import type { IpFamily } from '../../model/ip.ts';
import type { NftExpression } from '../../system/netlink/nftables/nft-expression.ts';
import type { Rule } from './chain.ts';
import { hostOrder } from './host-order.ts';
import { ADDRESS_FIELDS, type Key, loadKey, registersOf } from './packet-field.ts';
import type { SetName } from './schema.ts';

/** Each part either looks at the packet, and ends the rule when it does not match, or does something with it. */
export type RulePart = readonly NftExpression[];

export function ruleOf(...parts: readonly RulePart[]): Rule {
  const expressions = parts.flat();
  // 48 bits: rules are only compared with those at the same place of the same chain.
  return { tag: hash('sha256', JSON.stringify(expressions), 'hex').slice(0, 12), expressions };
}

export const COUNTER: RulePart = [{ kind: 'counter' }];
export const DROP: RulePart = [{ kind: 'verdict', verdict: { kind: 'drop' } }];
export const ACCEPT: RulePart = [{ kind: 'verdict', verdict: { kind: 'accept' } }];
export const RETURN: RulePart = [{ kind: 'verdict', verdict: { kind: 'return' } }];
export const REJECT: RulePart = [{ kind: 'reject' }];
export const MASQUERADE: RulePart = [{ kind: 'masquerade' }];

export function jump(chain: string): RulePart {
  return [{ kind: 'verdict', verdict: { kind: 'jump', chain } }];
}

export function goTo(chain: string): RulePart {
  return [{ kind: 'verdict', verdict: { kind: 'goto', chain } }];
}

/** `meta mark set meta mark | bit` */
export function setMark(bit: number): RulePart {
  return changeMark({ mask: hostOrder(~bit), xor: hostOrder(bit) });
}

/** `meta mark set meta mark ^ bit` */
export function flipMark(bit: number): RulePart {
  return changeMark({ mask: hostOrder(~0), xor: hostOrder(bit) });
}

function changeMark(operands: { readonly mask: Uint8Array; readonly xor: Uint8Array }): RulePart {
  return [
    { kind: 'meta', key: 'mark', to: 0 },
    { kind: 'bitwise', from: 0, to: 0, ...operands },
    { kind: 'set-mark', from: 0 },
  ];
}

/** `key @set` */
export function inSet(key: Key, set: SetName): RulePart {
  return [...loadKey(key), { kind: 'lookup', set, from: 0 }];
}

/** `key != @set` */
export function notInSet(key: Key, set: SetName): RulePart {
  return [...loadKey(key), { kind: 'lookup', set, from: 0, isInverted: true }];
}

/** `dnat ip to key map @map`: without an element the next rule is asked. The connection is done with here otherwise. */
export function dnatTo(family: IpFamily, key: Key, map: SetName): RulePart {
  const port = ADDRESS_FIELDS[family].destination.registers;
  return [
    ...loadKey(key),
    { kind: 'lookup', set: map, from: 0, to: 0 },
    { kind: 'dnat', family, address: 0, port },
  ];
}

/** `update @map { key timeout … : data }`: remembers, or renews the timeout of what is remembered and leaves its data. */
export function learn(
  map: SetName,
  element: { readonly key: Key; readonly data: Key; readonly timeoutMs: number },
): RulePart {
  const data = registersOf(element.key);
  return [
    ...loadKey(element.key),
    ...loadKey(element.data, data),
    { kind: 'learn', set: map, key: 0, data, timeoutMs: element.timeoutMs },
  ];
}
