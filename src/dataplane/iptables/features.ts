// What this node's kernel and tools can do beyond the ground that everything stands on, found out by trying.
import { randomBytes } from 'node:crypto';
import type { IpFamily } from '../../model/ip.ts';
import type { Exec } from '../../system/exec.ts';
import { type IptablesVariant, restoreProgram } from './tools.ts';

export interface IptablesFeatures {
  /** ipset and xt_set work: affinity without a limit of 100 clients, and REJECT for unknown ports of ClusterIPs. */
  readonly hasSets: boolean;
  /** nfacct and xt_nfacct work: the counters behind two metrics of kube-proxy. */
  readonly hasAccounting: boolean;
  /** net.netfilter.nf_conntrack_tcp_be_liberal: packets that conntrack calls INVALID must then pass. */
  readonly isTcpBeLiberal: boolean;
}

/** What rendering needs to know beside the plan: constant for the life of the process. */
export interface RenderContext {
  readonly family: IpFamily;
  readonly features: IptablesFeatures;
}

/** Counters that kube-proxy's metrics read (pkg/proxy/metrics/metrics.go). */
export const INVALID_DROPPED_COUNTER = 'ct_state_invalid_dropped_pkts';
export const LOCALHOST_NODE_PORTS_COUNTER = 'localhost_nps_accepted_pkts';

export interface ProbeDeps {
  readonly exec: Exec;
  readonly variant: IptablesVariant;
  readonly family: IpFamily;
}

/** Makes the counters where there can be any, and tries rules in a chain that nothing leads to. Leaves no chain or set. */
export async function probeFeatures(deps: ProbeDeps): Promise<Omit<IptablesFeatures, 'isTcpBeLiberal'>> {
  return { hasSets: await probeSets(deps), hasAccounting: await probeAccounting(deps) };
}

const TIMEOUT_MS = 30_000;

/**
 * For a chain or a set that nobody else has: the other family, and another Fairlead that starts, may be on trial at the same
 * time. What a killed daemon leaves counts as an endpoint's, and goes with the first complete write.
 */
function probeName(): string {
  return `KUBE-SEP-fairlead-${randomBytes(4).toString('hex')}`;
}

async function probeSets(deps: ProbeDeps): Promise<boolean> {
  const family = deps.family === 'IPv4' ? 'inet' : 'inet6';
  const name = probeName();
  const ipset = (...args: readonly string[]) => deps.exec({ file: 'ipset', args, timeoutMs: TIMEOUT_MS });
  const set = await ipset('-exist', 'create', name, 'hash:ip', 'family', family, 'timeout', '0');
  if (set.exitCode !== 0) return false;
  const canUse = await accepts(deps, [
    `-m set --match-set ${name} src -j SET --add-set ${name} src --exist --timeout 1`,
  ]);
  await ipset('destroy', name);
  return canUse;
}

async function probeAccounting(deps: ProbeDeps): Promise<boolean> {
  const counters = [INVALID_DROPPED_COUNTER, LOCALHOST_NODE_PORTS_COUNTER];
  for (const counter of counters) {
    // Fails when there is one already, too: whether rules can use it is what counts.
    await deps.exec({ file: 'nfacct', args: ['add', counter], timeoutMs: TIMEOUT_MS });
  }
  return accepts(
    deps,
    counters.map((counter) => `-m nfacct --nfacct-name ${counter}`),
  );
}

/** The rules are on trial alone, and taken away in a transaction of its own: within one, the kernel would never see it. */
async function accepts(deps: ProbeDeps, rules: readonly string[]): Promise<boolean> {
  const chain = probeName();
  const lines = rules.map((rule) => `-A ${chain} ${rule}\n`).join('');
  const isAccepted = await restore(deps, `*filter\n:${chain} - [0:0]\n${lines}COMMIT\n`);
  if (isAccepted) await restore(deps, `*filter\n:${chain} - [0:0]\n-X ${chain}\nCOMMIT\n`);
  return isAccepted;
}

async function restore({ exec, variant, family }: ProbeDeps, input: string): Promise<boolean> {
  const result = await exec({
    file: restoreProgram(variant, family),
    args: ['--noflush', '-w', '5'],
    input: [input],
    timeoutMs: TIMEOUT_MS,
  });
  return result.exitCode === 0;
}
