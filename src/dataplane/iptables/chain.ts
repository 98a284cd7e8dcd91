// One chain as render wants it and diff compares it: its text in iptables-save's form, and the little of it that is kept.
import { hash } from 'node:crypto';
import type { ServicePortKey } from '../../model/names.ts';
import { flatText } from '../../util/flat-text.ts';
import type { Table } from './names.ts';

/** `table chain`: the key of a chain. */
export type ChainId = `${Table} ${string}`;

export function chainId({ table, name }: { readonly table: Table; readonly name: string }): ChainId {
  return flatText(table, ' ', name) as ChainId;
}

/** The inverse of chainId. */
export function parseChainId(id: ChainId): { readonly table: Table; readonly name: string } {
  const space = id.indexOf(' ');
  return { table: id.slice(0, space) as Table, name: id.slice(space + 1) };
}

/** What is kept of a chain: enough to see a difference, and to predict what the kernel counts. */
export interface ChainSummary {
  /** 48 bits of a hash of the text. */
  readonly hash: number;
  readonly rules: number;
  /** Rules that jump or go to a chain of a service proxy. */
  readonly jumps: number;
}

/** `undefined` for rules that belong to no single service port. */
export type Owner = ServicePortKey | undefined;

export interface Chain extends ChainSummary {
  readonly id: ChainId;
  readonly table: Table;
  readonly name: string;
  /** `-A` lines, each with its newline. */
  readonly text: string;
  /** Whose fault a refusal is: of the whole chain, or rule by rule. */
  readonly owner: Owner | readonly Owner[];
}

/** A chain of these rules, each without its `-A CHAIN`. */
export function chainOf(table: Table, name: string, rules: readonly string[], owner: Chain['owner']): Chain {
  const text = rules.map((rule) => `-A ${name} ${rule}\n`).join('');
  return { id: chainId({ table, name }), table, name, text, owner, ...summaryOf(text) };
}

export interface OwnedRule {
  readonly rule: string;
  readonly owner: Owner;
}

/** A chain whose rules belong to several service ports. */
export function sharedChainOf(table: Table, name: string, rules: readonly OwnedRule[]): Chain {
  return chainOf(
    table,
    name,
    rules.map(({ rule }) => rule),
    rules.map(({ owner }) => owner),
  );
}

const JUMP = / -[jg] KUBE-/g;
const NEWLINE = /\n/g;

/** The summary of a chain's text, rendered or printed by iptables-save of any version and variant. */
export function summaryOf(text: string): ChainSummary {
  const canonical = canonicalText(text);
  return {
    hash: hash('sha256', canonical, 'buffer').readUIntBE(0, 6),
    rules: canonical.match(NEWLINE)?.length ?? 0,
    jumps: canonical.match(JUMP)?.length ?? 0,
  };
}

/** The one place that evens out what versions and variants of iptables-save print differently. */
function canonicalText(text: string): string {
  // iptables 1.8.9 prints two spaces after --nfacct-name. Our comments never hold two.
  return text.includes('  ') ? text.replaceAll(/ {2,}/g, ' ') : text;
}

/** A chain without rules. */
export const EMPTY_CHAIN: ChainSummary = summaryOf('');
