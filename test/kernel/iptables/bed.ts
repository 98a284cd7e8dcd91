// A network namespace of its own for a test of the iptables dataplane, and the dataplane in it.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { ApplyResult } from '../../../src/dataplane/dataplane.ts';
import type { IptablesFeatures } from '../../../src/dataplane/iptables/features.ts';
import {
  createIptablesDataplane,
  type IptablesDataplane,
} from '../../../src/dataplane/iptables/iptables-dataplane.ts';
import { legacyRuleCounter, nftRuleCounter } from '../../../src/dataplane/iptables/rule-counters.ts';
import type { IptablesState } from '../../../src/dataplane/iptables/state.ts';
import type { RuleCounter } from '../../../src/dataplane/iptables/tamper-probe.ts';
import type { IptablesVariant } from '../../../src/dataplane/iptables/tools.ts';
import type { IpFamily } from '../../../src/model/ip.ts';
import type { PlanChange } from '../../../src/plan/plan.ts';
import { type Exec, exec } from '../../../src/system/exec.ts';
import { readTableEntries } from '../../../src/system/iptables-info.ts';
import { openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { type Sysctl, sysctl } from '../../../src/system/sysctl.ts';
import { runToEnd } from '../../../src/util/cooperate.ts';

export interface Bed {
  readonly netns: string;
  readonly dataplane: IptablesDataplane;
  /** Runs a program in the namespace and returns what it prints; throws when it fails. */
  readonly run: (file: string, args: readonly string[], input?: string) => string;
  readonly restore: (input: string) => void;
  readonly save: () => string;
}

export interface Lineup {
  readonly variant: IptablesVariant;
  readonly family: IpFamily;
}

export const LINEUPS: readonly Lineup[] = (['legacy', 'nft'] as const).flatMap((variant) =>
  (['IPv4', 'IPv6'] as const).map((family) => ({ variant, family })),
);

const namespaces: string[] = [];

/** For afterEach. */
export function removeBeds(): void {
  for (const name of namespaces.splice(0)) execFileSync('ip', ['netns', 'del', name]);
}

export function createBed(
  { variant, family }: Lineup,
  fields: { readonly exec?: Exec; readonly features?: IptablesFeatures } = {},
): Bed {
  const netns = `fairlead-${randomBytes(4).toString('hex')}`;
  execFileSync('ip', ['netns', 'add', netns]);
  namespaces.push(netns);
  const run: Bed['run'] = (file, args, input) =>
    execFileSync('ip', ['netns', 'exec', netns, file, ...args], {
      input,
      encoding: 'utf8',
      maxBuffer: 2 ** 29,
    });
  const command = `${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}`;
  for (const counter of ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts'])
    run('nfacct', ['add', counter]);
  const inNetns = execIn(netns);
  return {
    netns,
    run,
    restore: (input) => void run(`${command}-restore`, ['--noflush'], input),
    save: () => run(`${command}-save`, []),
    dataplane: createIptablesDataplane({
      family,
      variant,
      features: fields.features ?? { hasSets: true, hasAccounting: true, isTcpBeLiberal: false },
      exec: fields.exec ?? inNetns,
      sysctl: sysctlIn(netns),
      ruleCounter: ruleCounterIn(netns, { variant, family }),
    }),
  };
}

function sysctlIn(netns: string): Sysctl {
  return {
    read: (name) => inNetns(netns, () => sysctl.read(name)),
    write: (name, value) => inNetns(netns, () => sysctl.write(name, value)),
  };
}

function ruleCounterIn(netns: string, { variant, family }: Lineup): RuleCounter {
  return variant === 'legacy'
    ? legacyRuleCounter(family, (...args) => inNetns(netns, () => readTableEntries(...args)))
    : nftRuleCounter(family, (options) => inNetns(netns, () => openNetlinkSocket(options)));
}

export function execIn(netns: string): Exec {
  return (command) =>
    exec({ ...command, file: 'ip', args: ['netns', 'exec', netns, command.file, ...command.args] });
}

/** One whole step: returns the state after it. */
export async function write(
  dataplane: IptablesDataplane,
  state: IptablesState,
  change: PlanChange,
  isComplete = false,
): Promise<{ readonly result: ApplyResult; readonly state: IptablesState }> {
  const desired = runToEnd(dataplane.render(change, state));
  const changes = runToEnd(dataplane.diff(state, desired, { isComplete }));
  const result = await dataplane.apply(changes);
  return { result, state: result.ok ? runToEnd(dataplane.commit(state, desired, changes)) : state };
}
