// What is in a node's kernel, asked with the tools that people use.
import type { IpFamily } from '../../../src/model/ip.ts';
import { type Bed, FAMILIES } from './bed.ts';

const COMMAND = { IPv4: 'iptables', IPv6: 'ip6tables' } as const;

/** Runs a program on the node and returns what it prints. Throws when it fails. */
export async function runOn(
  { node }: Bed,
  [file = '', ...args]: readonly string[],
  input?: string,
): Promise<string> {
  const result = await node.exec(file, args, input === undefined ? {} : { input });
  if (result.exitCode !== 0) throw new Error(`${file} ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

/** `iptables ARGS` of the node's variant. */
export function iptables(bed: Bed, args: readonly string[], family: IpFamily = 'IPv4') {
  return runOn(bed, [`${COMMAND[family]}-${bed.variant}`, '-w', '5', ...args]);
}

/** Adds to what is there, as `iptables-restore --noflush` does. */
export function restore(bed: Bed, input: string, family: IpFamily = 'IPv4') {
  const file = `${COMMAND[family]}-${bed.variant}-restore`;
  return runOn(bed, [file, '-w', '5', '--noflush'], input);
}

/** Puts it in the place of what is there. */
export function restoreAll(bed: Bed, input: string, family: IpFamily = 'IPv4') {
  return runOn(bed, [`${COMMAND[family]}-${bed.variant}-restore`, '-w', '5'], input);
}

export function save(bed: Bed, family: IpFamily = 'IPv4'): Promise<string> {
  return runOn(bed, [`${COMMAND[family]}-${bed.variant}-save`]);
}

/** Chains and rules of both families, in the kernel's order, without counters and remarks. */
export async function rulesOn(bed: Bed): Promise<string[]> {
  const saved = await Promise.all(FAMILIES.map((family) => save(bed, family)));
  return saved.flatMap(rulesOf);
}

/** Chains and rules, each with its table. */
export function rulesOf(saved: string): string[] {
  let table = '';
  return saved.split('\n').flatMap((line) => {
    if (line.startsWith('*')) table = line.slice(1);
    return /^[:-]/.test(line) ? [`${table} ${line.replace(/ \[.*/, '')}`] : [];
  });
}

/** The rules and chains of service proxies, sorted: where a rule stands in a built-in chain is not ours to decide. */
export function proxyRulesOf(rules: readonly string[]): string[] {
  return rules.filter((rule) => rule.includes('KUBE-')).sort();
}

/**
 * What is wrong with the chains of service proxies: chains without rules that packets are sent to, and chains that no packet
 * can reach. A table in its old or in its new state has neither.
 */
export function faultsOf(saved: string): string[] {
  const rules = rulesOf(saved);
  const chains = new Set(rules.flatMap((rule) => /^(\w+ ):(KUBE-\S+)/.exec(rule)?.slice(1).join('') ?? []));
  const jumps = rules.flatMap((rule) => {
    const [, table = '', from = '', to = ''] = /^(\w+) -A (\S+) .*-[jg] (KUBE-\S+)/.exec(rule) ?? [];
    return to ? [{ from: `${table} ${from}`, to: `${table} ${to}` }] : [];
  });
  const filled = new Set(rules.map((rule) => rule.replace(/^(\w+) -A (\S+) .*/, '$1 $2')));
  const targets = new Set(jumps.map(({ to }) => to));
  return [
    ...[...targets].filter((to) => !filled.has(to) && !MAY_BE_EMPTY.test(to)).map((to) => `${to} is empty`),
    ...[...chains]
      .filter((chain) => !targets.has(chain) && !LEADS_NOWHERE.test(chain))
      .map((chain) => `${chain} is not reached`),
  ];
}

/** Fixed chains are there whether any Service needs them or not; KUBE-FIREWALL is kubelet's too. */
const MAY_BE_EMPTY =
  /^filter KUBE-(SERVICES|EXTERNAL-SERVICES|NODEPORTS|PROXY-FIREWALL|FIREWALL)$|^nat KUBE-NODEPORTS$/;
/** The layout's name, the trial of what the kernel can do, and a mark that no Service may need. */
const LEADS_NOWHERE = /fairlead-|KUBE-MARK-MASQ$/;

export async function faultsOn(bed: Bed): Promise<string[]> {
  const saved = await Promise.all(FAMILIES.map((family) => save(bed, family)));
  return saved.flatMap(faultsOf);
}

/** One table of what iptables-save prints. */
export function tableOf(saved: string, table: 'nat' | 'filter'): string {
  return new RegExp(`^\\*${table}$.*?^COMMIT$`, 'ms').exec(saved)?.[0] ?? '';
}
