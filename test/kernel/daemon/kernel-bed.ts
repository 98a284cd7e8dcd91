// A network namespace with what a family's sync needs of a kernel, for each dataplane: a daemon's inside without the daemon.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createNftablesDataplane } from '../../../src/dataplane/nftables/nftables-dataplane.ts';
import type { IpFamily } from '../../../src/model/ip.ts';
import { type AnyKernelMirror, KernelMirror } from '../../../src/sync/kernel-mirror.ts';
import { openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { type NfTables, openNfTables } from '../../../src/system/netlink/nftables/nf-tables.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { createBed, removeBeds } from '../iptables/bed.ts';
import { FAMILIES } from './bed.ts';
import { DATAPLANES, type DataplaneName } from './dataplanes.ts';
import { faultsOf } from './iptables-ruleset.ts';
import { faultsOfTable } from './nftables-faults.ts';
import { tablesOf } from './nftables-listing.ts';
import { linesOf } from './nftables-ruleset.ts';

export interface KernelBed {
  readonly kernel: AnyKernelMirror;
  /** As the tools that people use show it, each in a line. */
  readonly rules: () => string[];
  readonly faults: () => string[];
  /** Runs a program in the namespace and returns what it prints; throws when it fails. */
  readonly run: (file: string, args: readonly string[], input?: string) => string;
}

export interface Lineup {
  readonly dataplane: DataplaneName;
  readonly family: IpFamily;
}

export const LINEUPS: readonly Lineup[] = DATAPLANES.flatMap((dataplane) =>
  FAMILIES.map((family) => ({ dataplane, family })),
);

const closers: (() => void)[] = [];

/** For afterEach. */
export function removeKernelBeds(): void {
  for (const close of closers.splice(0)) close();
  removeBeds();
}

export function createKernelBed({ dataplane, family }: Lineup): KernelBed {
  return dataplane === 'nftables'
    ? createNftablesBed(family)
    : createIptablesBed(dataplane === 'iptables-nft' ? 'nft' : 'legacy', family);
}

function createIptablesBed(variant: 'legacy' | 'nft', family: IpFamily): KernelBed {
  const { dataplane, run, save } = createBed({ variant, family });
  return {
    kernel: new KernelMirror(dataplane),
    rules: () =>
      save()
        .split('\n')
        .filter((line) => line.startsWith('-A')),
    faults: () => faultsOf(save()),
    run,
  };
}

/** `change`: of what the kernel is asked, to have it refuse some of it. */
export function createNftablesBed(
  family: IpFamily,
  change: (nfTables: NfTables) => NfTables = (nfTables) => nfTables,
): KernelBed {
  const netns = `fairlead-${randomBytes(4).toString('hex')}`;
  execFileSync('ip', ['netns', 'add', netns]);
  const nfTables = openNfTables((options) => inNetns(netns, () => openNetlinkSocket(options)));
  closers.push(() => {
    nfTables.close();
    execFileSync('ip', ['netns', 'del', netns]);
  });
  const run: KernelBed['run'] = (file, args, input) =>
    execFileSync('ip', ['netns', 'exec', netns, file, ...args], {
      // nft 1.0.6 warns of statements that it has no JSON for.
      stdio: 'pipe',
      input,
      encoding: 'utf8',
      maxBuffer: 2 ** 29,
    });
  const tables = () => tablesOf(run('nft', ['--json', 'list', 'ruleset']));
  return {
    kernel: new KernelMirror(createNftablesDataplane({ family, nfTables: change(nfTables) })),
    rules: () => tables().flatMap(linesOf),
    faults: () => tables().flatMap(faultsOfTable),
    run,
  };
}
