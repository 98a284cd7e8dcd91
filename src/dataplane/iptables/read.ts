// Reads the kernel: chains and rules by iptables-save, sets by ipset.
import type { IpFamily } from '../../model/ip.ts';
import type { Command, CommandResult, Exec } from '../../system/exec.ts';
import { cooperate } from '../../util/cooperate.ts';
import type { RenderContext } from './features.ts';
import { clusterIpSetName } from './names.ts';
import { parseSavedRules } from './save-output.ts';
import { parseAffinitySets, parseClusterIps } from './sets.ts';
import type { IptablesState, KernelSets, Layout } from './state.ts';
import { type IptablesVariant, saveProgram } from './tools.ts';

/** iptables-save of 100,000 rules takes about a second. */
const READ_TIMEOUT_MS = 60_000;

export interface ReadDeps extends RenderContext {
  readonly exec: Exec;
  readonly variant: IptablesVariant;
}

/**
 * Throws when the rules cannot be read: without knowing what is there nothing may be written. The kernel does not say which
 * chain is whose, so the layout is that of `known`, or empty.
 */
export async function read(deps: ReadDeps, known?: IptablesState): Promise<IptablesState> {
  const saved = await run(deps.exec, saveProgram(deps.variant, deps.family), []);
  if (saved.exitCode !== 0) throw new Error(`cannot read the rules: ${saved.stderr.trim()}`);
  const { chains, shared } = await cooperate(parseSavedRules(saved.stdout));
  return {
    chains,
    shared,
    sets: await readSets(deps),
    isLocalnetRouted: false,
    isInDoubt: true,
    layout: known?.layout ?? emptyLayout(),
  };
}

export function emptyLayout(): Layout {
  return {
    global: undefined,
    dispatches: {
      services: undefined,
      nodePorts: undefined,
      verdicts: undefined,
      nodePortVerdicts: undefined,
      firewall: undefined,
      healthChecks: undefined,
    },
    services: new Map(),
    clusterIpUses: new Map(),
  };
}

async function readSets({ exec, family, features }: ReadDeps): Promise<KernelSets> {
  if (!features.hasSets) return { affinity: new Set(), clusterIps: undefined };
  const listing = await run(exec, 'ipset', ['list', '-terse']);
  if (listing.exitCode !== 0) throw new Error(`cannot read the ipsets: ${listing.stderr.trim()}`);
  return {
    affinity: parseAffinitySets(listing.stdout, family),
    clusterIps: await readClusterIps(exec, family),
  };
}

async function readClusterIps(exec: Exec, family: IpFamily): Promise<KernelSets['clusterIps']> {
  // Fails when there is no such set, as before the first start.
  const saved = await run(exec, 'ipset', ['save', clusterIpSetName(family)]);
  return saved.exitCode === 0 ? parseClusterIps(saved.stdout, family) : undefined;
}

function run(exec: Exec, file: string, args: Command['args']): Promise<CommandResult> {
  return exec({ file, args, timeoutMs: READ_TIMEOUT_MS });
}
