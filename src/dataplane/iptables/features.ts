// What this node's kernel and tools can do beyond the ground that everything stands on, found out by trying.
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
const PROBE_CHAIN = 'KUBE-SVC-fairlead-probe';
/** Names of sets are common to both families, which may be probed at once. */
const PROBE_SET = { IPv4: 'FAIRLEAD-PROBE-4', IPv6: 'FAIRLEAD-PROBE-6' } as const;

async function probeSets(deps: ProbeDeps): Promise<boolean> {
  const family = deps.family === 'IPv4' ? 'inet' : 'inet6';
  const name = PROBE_SET[deps.family];
  const ipset = (...args: readonly string[]) => deps.exec({ file: 'ipset', args, timeoutMs: TIMEOUT_MS });
  const set = await ipset('-exist', 'create', name, 'hash:ip', 'family', family, 'timeout', '0');
  if (set.exitCode !== 0) return false;
  const canUse = await accepts(
    deps,
    `-m set --match-set ${name} src -j SET --add-set ${name} src --exist --timeout 1`,
  );
  await ipset('destroy', name);
  return canUse;
}

async function probeAccounting(deps: ProbeDeps): Promise<boolean> {
  for (const counter of [INVALID_DROPPED_COUNTER, LOCALHOST_NODE_PORTS_COUNTER]) {
    // Fails when there is one already, too: whether rules can use it is what counts.
    await deps.exec({ file: 'nfacct', args: ['add', counter], timeoutMs: TIMEOUT_MS });
    if (!(await accepts(deps, `-m nfacct --nfacct-name ${counter}`))) return false;
  }
  return true;
}

/** The rule is on trial alone, and taken away in a transaction of its own: within one, the kernel would never see it. */
async function accepts(deps: ProbeDeps, rule: string): Promise<boolean> {
  const isAccepted = await restore(
    deps,
    `*filter\n:${PROBE_CHAIN} - [0:0]\n-A ${PROBE_CHAIN} ${rule}\nCOMMIT\n`,
  );
  if (isAccepted) await restore(deps, `*filter\n:${PROBE_CHAIN} - [0:0]\n-X ${PROBE_CHAIN}\nCOMMIT\n`);
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
