// Removes everything that service proxies made with iptables and ipset, in both variants and families, whatever mode and version
// made it. Established connections live on.
import type { IpFamily } from '../../model/ip.ts';
import type { CommandResult, Exec } from '../../system/exec.ts';
import { type Clock, sleep } from '../../util/clock.ts';
import { cleanupInput, type Leftovers, leftoversIn } from './cleanup-input.ts';
import { type IptablesVariant, restoreProgram, saveProgram } from './tools.ts';

export interface CleanupDeps {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The table of nftables mode serves in their place, and has connections tracked: no anchor is needed. */
  readonly isReplaced?: boolean;
}

export interface CleanupReport {
  readonly chains: number;
  readonly jumps: number;
  readonly sets: number;
  /** Where connections are tracked only because of a chain that was left for that: `iptables-nft`. */
  readonly anchors: readonly string[];
  /** Where established connections live on by what is left: rules of others, or an anchor. */
  readonly tracked: readonly IpFamily[];
  /** Sentences: what could not be removed, and why. Empty when all is gone. */
  readonly problems: readonly string[];
}

const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];
const VARIANTS: readonly IptablesVariant[] = ['legacy', 'nft'];
const TIMEOUT_MS = 120_000;
/** iptables-nft takes 9 s for 15,000 chains, and four times as long for twice as many. */
const REMOVE_TIMEOUT_MS = 15 * 60_000;

/** Never throws for what the kernel or the programs refuse. May be run again and again. */
export async function cleanUpIptables(deps: CleanupDeps): Promise<CleanupReport> {
  const reports: CleanupReport[] = [];
  for (const family of FAMILIES) reports.push(...(await cleanUpFamily(deps, family)));
  // Only now that no rule of any variant uses them.
  reports.push(await cleanUpSets(deps));
  return reports.reduce(sum);
}

interface Found {
  readonly variant: IptablesVariant;
  readonly family: IpFamily;
  readonly leftovers: Leftovers;
}

async function cleanUpFamily(deps: CleanupDeps, family: IpFamily): Promise<CleanupReport[]> {
  const results: (Found | CleanupReport)[] = [];
  // One after the other: starting a program stops a large process for some 10 ms.
  for (const variant of VARIANTS) results.push(await find(deps, variant, family));
  const found = results.filter((result) => 'leftovers' in result);
  // The variants share one connection tracking.
  const hasTracking = found.some(({ leftovers }) => leftovers.hasTracking);
  const hasNat = found.some(({ leftovers }) => leftovers.hasNat);
  const reports = results.filter((result) => 'problems' in result);
  for (const one of found) reports.push(await remove(deps, one, hasTracking));
  return hasTracking && hasNat ? [...reports, { ...NOTHING, tracked: [family] }] : reports;
}

async function find(
  { exec }: CleanupDeps,
  variant: IptablesVariant,
  family: IpFamily,
): Promise<Found | CleanupReport> {
  const file = saveProgram(variant, family);
  const result = await exec({ file, args: [], timeoutMs: TIMEOUT_MS });
  if (isMissing(result)) return NOTHING;
  if (result.exitCode !== 0) return withProblem(`${file}: ${result.stderr.trim()}`);
  return { variant, family, leftovers: leftoversIn(result.stdout) };
}

async function remove(
  { exec, isReplaced = false }: CleanupDeps,
  { variant, family, leftovers }: Found,
  hasTracking: boolean,
): Promise<CleanupReport> {
  const file = restoreProgram(variant, family);
  const { chains, jumps, references, hasAnchor } = leftovers;
  const hadNat = hasAnchor || chains.some(({ table }) => table === 'nat');
  const needsAnchor = hadNat && !hasTracking && !isReplaced;
  const input = cleanupInput(leftovers, { needsAnchor });
  const args = ['--noflush', '-w', '5'];
  const result = input ? await exec({ file, args, input: [input], timeoutMs: REMOVE_TIMEOUT_MS }) : undefined;
  if (result && result.exitCode !== 0) return withProblem(`${file}: ${result.stderr.trim()}`);
  return {
    chains: chains.length,
    jumps: jumps.length,
    sets: 0,
    anchors: needsAnchor ? [file.replace('-restore', '')] : [],
    tracked: needsAnchor ? [family] : [],
    problems: references.map(
      ({ table, chain, rule, target }) =>
        `${file}: ${target} stays, empty, because a rule of ${table} ${chain} leads to it: ${rule}`,
    ),
  };
}

const OUR_SET = /^(KUBE-SEP-|FAIRLEAD-)/;
/** nf_tables lets go of what deleted rules used a moment after the transaction. */
const SET_TRIES = 5;
const SET_RETRY_MS = 200;

async function cleanUpSets({ exec, clock, signal }: CleanupDeps): Promise<CleanupReport> {
  const listing = await exec({ file: 'ipset', args: ['list', '-name'], timeoutMs: TIMEOUT_MS });
  const hasNoSets = isMissing(listing) || /Cannot open session to kernel/.test(listing.stderr);
  if (hasNoSets) return NOTHING;
  if (listing.exitCode !== 0) return withProblem(`ipset: ${listing.stderr.trim()}`);
  const sets = listing.stdout.split('\n').filter((name) => OUR_SET.test(name));
  const input = sets.map((name) => `destroy ${name}\n`);
  for (let tries = 1; input.length > 0; tries++) {
    const args = ['-exist', 'restore'];
    const result = await exec({ file: 'ipset', args, input, timeoutMs: TIMEOUT_MS });
    if (result.exitCode === 0) break;
    if (tries === SET_TRIES) return withProblem(`ipset: ${result.stderr.trim()}`);
    await sleep(clock, SET_RETRY_MS, signal);
  }
  return { ...NOTHING, sets: sets.length };
}

const NOTHING: CleanupReport = { chains: 0, jumps: 0, sets: 0, anchors: [], tracked: [], problems: [] };

function withProblem(problem: string): CleanupReport {
  return { ...NOTHING, problems: [problem] };
}

function sum(a: CleanupReport, b: CleanupReport): CleanupReport {
  return {
    chains: a.chains + b.chains,
    jumps: a.jumps + b.jumps,
    sets: a.sets + b.sets,
    anchors: [...a.anchors, ...b.anchors],
    tracked: [...a.tracked, ...b.tracked],
    problems: [...a.problems, ...b.problems],
  };
}

/** A program that is not installed left nothing. */
function isMissing({ exitCode, stderr }: CommandResult): boolean {
  return exitCode === undefined && stderr.includes('ENOENT');
}
