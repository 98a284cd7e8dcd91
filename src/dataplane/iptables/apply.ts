// Executes a change set: sets that rules need, one iptables-restore, sets that no rule needs any more. Decides nothing.
import type { ServicePortKey } from '../../model/names.ts';
import type { CommandResult, Exec } from '../../system/exec.ts';
import { ensureSysctl, type Sysctl } from '../../system/sysctl.ts';
import type { ApplyResult } from '../dataplane.ts';
import type { RenderContext } from './features.ts';
import { ownerOfLine, restoreInput } from './restore-input.ts';
import { type SetChange, setCommand } from './sets.ts';
import { rulesWritten } from './size.ts';
import type { IptablesChangeSet } from './state.ts';
import { type IptablesVariant, restoreProgram } from './tools.ts';

export interface ApplyDeps extends RenderContext {
  readonly exec: Exec;
  readonly variant: IptablesVariant;
  readonly sysctl: Sysctl;
}

/** A full restore of 10,000 Services takes the nft variant 6 s on an idle machine. */
const APPLY_TIMEOUT_MS = 120_000;

/** How long iptables-restore waits for the lock that all users of iptables share. */
const LOCK_WAIT_SECONDS = '5';

export async function apply(deps: ApplyDeps, changes: IptablesChangeSet): Promise<ApplyResult> {
  const before = await changeSets(deps, changes.setsBefore);
  if (!before.ok) return before;
  const rules = await restoreRules(deps, changes);
  if (!rules.ok) return rules;
  const after = await changeSets(deps, changes.setsAfter);
  // What is left over does no harm, and the kernel is not as the change set wants it: read it and try again.
  if (!after.ok) return { ...after, isTransient: true };
  const localnet = changes.enablesRouteLocalnet ? routeLocalnet(deps.sysctl) : rules;
  return localnet.ok ? rules : localnet;
}

/** Only now that KUBE-FIREWALL is there: see LOCALNET_PROTECTION. Never set back, as others may need it. */
function routeLocalnet(sysctl: Sysctl): ApplyResult {
  try {
    ensureSysctl(sysctl, 'net/ipv4/conf/all/route_localnet', '1');
    return { ok: true, operations: 0, bytes: 0 };
  } catch (cause) {
    return { ok: false, error: `NodePorts on 127.0.0.1: ${String(cause)}`, suspects: [], isTransient: true };
  }
}

async function changeSets({ exec, family }: ApplyDeps, changes: readonly SetChange[]): Promise<ApplyResult> {
  if (changes.length === 0) return { ok: true, operations: 0, bytes: 0 };
  const input = changes.values().map((change) => `${setCommand(family, change)}\n`);
  const result = await exec({
    file: 'ipset',
    args: ['-exist', 'restore'],
    input,
    timeoutMs: APPLY_TIMEOUT_MS,
  });
  if (result.exitCode === 0) return { ok: true, operations: changes.length, bytes: 0 };
  const change = changes[lineOf(result) - 1];
  const owner = change?.kind === 'create-affinity' ? change.owner : undefined;
  return refusal('ipset', result, owner);
}

async function restoreRules(deps: ApplyDeps, changes: IptablesChangeSet): Promise<ApplyResult> {
  const { writes, removes, inserts } = changes;
  const operations = writes.length + removes.length + inserts.length;
  if (operations === 0) return { ok: true, operations: 0, bytes: 0 };
  const file = restoreProgram(deps.variant, deps.family);
  const meter = { bytes: 0 };
  const result = await deps.exec({
    file,
    args: ['--noflush', '-w', LOCK_WAIT_SECONDS],
    input: metered(restoreInput(changes), meter),
    timeoutMs: APPLY_TIMEOUT_MS,
  });
  if (result.exitCode === 0)
    return { ok: true, operations, bytes: meter.bytes, written: rulesWritten(changes) };
  return refusal(file, result, ownerOfLine(changes, lineOf(result)));
}

function* metered(input: Iterable<string>, meter: { bytes: number }): Generator<string> {
  for (const piece of input) {
    // Rules are ASCII.
    meter.bytes += piece.length;
    yield piece;
  }
}

function refusal(file: string, result: CommandResult, owner: ServicePortKey | undefined): ApplyResult {
  return {
    ok: false,
    error: `${file}: ${result.stderr.trim()}`,
    suspects: owner === undefined ? [] : [owner],
    isTransient: isTransient(result),
  };
}

/**
 * The line that the tool names, or 0. legacy names the COMMIT line for what the kernel refuses, so that nobody is suspected;
 * for what it cannot parse itself, and in the nft variant always, the line is the rule's.
 */
function lineOf({ stderr }: CommandResult): number {
  return Number(/\bline:? (\d+)/.exec(stderr)?.[1] ?? 0);
}

/** RESOURCE_PROBLEM in xtables.h. The nft variant exits so for most refusals of the kernel, too, but names a line then. */
const EXIT_RESOURCE_PROBLEM = 4;

const TRANSIENT =
  /Resource temporarily unavailable|[Cc]annot allocate memory|Memory allocation problem|Device or resource busy/;

function isTransient(result: CommandResult): boolean {
  if (result.exitCode === undefined || TRANSIENT.test(result.stderr)) return true;
  return result.exitCode === EXIT_RESOURCE_PROBLEM && lineOf(result) === 0;
}
