// What a node's iptables have, asked with the tools that people use, in the variant of the bed.
import { setTimeout as sleep } from 'node:timers/promises';
import type { IpFamily } from '../../../src/model/ip.ts';
import { type Bed, FAMILIES } from './bed.ts';
import type { Ruleset } from './ruleset.ts';
import { runOn } from './run-on.ts';

export const iptablesRuleset: Ruleset = {
  rulesOn: async (bed) => (await saveAll(bed)).flatMap(rulesOf),
  isOfProxy: (rule) => rule.includes('KUBE-'),
  isOf: (rule, service) => rule.includes(`"shop/${service}"`) || rule.includes(`"shop/${service} `),
  faultsOn: async (bed) => (await saveAll(bed)).flatMap(faultsOf),
  addOthers: (bed) => restore(bed, OTHERS),
  interrupt,
};

const OTHERS = `*nat
:CNI-HOSTPORT - [0:0]
-A CNI-HOSTPORT -p tcp -m tcp --dport 9 -j RETURN
-A PREROUTING -j CNI-HOSTPORT
COMMIT
`;

const COMMAND = { IPv4: 'iptables', IPv6: 'ip6tables' } as const;

/** `iptables ARGS`. */
export function iptables(bed: Bed, args: readonly string[], family: IpFamily = 'IPv4') {
  return runOn(bed, [commandOf(bed, family), '-w', '5', ...args]);
}

/** Adds to what is there, as `iptables-restore --noflush` does. */
export function restore(bed: Bed, input: string, family: IpFamily = 'IPv4') {
  return runOn(bed, [`${commandOf(bed, family)}-restore`, '-w', '5', '--noflush'], input);
}

/** Puts it in the place of what is there. */
export function restoreAll(bed: Bed, input: string, family: IpFamily = 'IPv4') {
  return runOn(bed, [`${commandOf(bed, family)}-restore`, '-w', '5'], input);
}

export function save(bed: Bed, family: IpFamily = 'IPv4'): Promise<string> {
  return runOn(bed, [`${commandOf(bed, family)}-save`]);
}

function saveAll(bed: Bed): Promise<string[]> {
  return Promise.all(FAMILIES.map((family) => save(bed, family)));
}

/** No packet of IPv4 finds a Service meanwhile. */
async function interrupt(bed: Bed, forMs: number): Promise<void> {
  const jumps = tableOf(await save(bed), 'nat').match(/^-A KUBE-SERVICES .*$/gm) ?? [];
  await iptables(bed, ['-t', 'nat', '-F', 'KUBE-SERVICES']);
  await sleep(forMs);
  await restore(bed, `*nat\n${jumps.join('\n')}\nCOMMIT\n`);
}

function commandOf({ dataplane }: Bed, family: IpFamily): string {
  return dataplane.replace(/^iptables/, COMMAND[family]);
}

/** Chains and rules, each with its table. */
export function rulesOf(saved: string): string[] {
  let table = '';
  return saved.split('\n').flatMap((line) => {
    if (line.startsWith('*')) table = line.slice(1);
    return /^[:-]/.test(line) ? [`${table} ${line.replace(/ \[.*/, '')}`] : [];
  });
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

/** One table of what iptables-save prints. */
export function tableOf(saved: string, table: 'nat' | 'filter'): string {
  return new RegExp(`^\\*${table}$.*?^COMMIT$`, 'ms').exec(saved)?.[0] ?? '';
}
