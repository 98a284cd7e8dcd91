// What is in a node's kernel, as the tools that people use show it, whatever the dataplane.
import type { Bed } from './bed.ts';
import type { DataplaneName } from './dataplanes.ts';
import { iptablesRuleset } from './iptables-ruleset.ts';
import { nftablesRuleset } from './nftables-ruleset.ts';

export interface Ruleset {
  /** Chains, rules and what else there is in both families, each in a line, without counters and what packets have added. */
  rulesOn(bed: Bed): Promise<string[]>;
  /** A line of service proxies. */
  isOfProxy(rule: string): boolean;
  /** A line of the Service, of the namespace shop. */
  isOf(rule: string, service: string): boolean;
  /** What no old or new state has, a half-written one only. */
  faultsOn(bed: Bed): Promise<string[]>;
  /** Adds rules of another program, which no service proxy minds. */
  addOthers(bed: Bed): Promise<unknown>;
  /** Takes the rules away from packets for a while. */
  interrupt(bed: Bed, forMs: number): Promise<void>;
}

const RULESETS: Readonly<Record<DataplaneName, Ruleset>> = {
  'iptables-legacy': iptablesRuleset,
  'iptables-nft': iptablesRuleset,
  nftables: nftablesRuleset,
};

export function rulesetOf({ dataplane }: Bed): Ruleset {
  return RULESETS[dataplane];
}

export function rulesOn(bed: Bed): Promise<string[]> {
  return rulesetOf(bed).rulesOn(bed);
}

/** Those of service proxies, sorted: where a rule stands in a built-in chain is not ours to decide. */
export async function proxyRulesOn(bed: Bed): Promise<string[]> {
  return (await rulesOn(bed)).filter(rulesetOf(bed).isOfProxy).sort();
}

export function faultsOn(bed: Bed): Promise<string[]> {
  return rulesetOf(bed).faultsOn(bed);
}
