// The table of commands: words, flags, and how the values become a Command. Parsing and help follow from it.
import { boolFromText } from '../config/flag-text.ts';
import type { FlagTexts } from '../config/flagged-values.ts';
import type { ConfigSource } from '../config/load-config.ts';
import { type Command, type IptablesVariant, type Mode, UsageError } from './command.ts';
import type { CommandFlag } from './command-flag.ts';
import { RUN_FLAGS } from './run-flags.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CommandSpec {
  readonly words: readonly string[];
  readonly summary: string;
  readonly flags: readonly CommandFlag[];
  /** Throws UsageError. */
  readonly toCommand: (values: FlagTexts, env: Environment) => Command;
}

/** What kube-proxy does: also the command when no word names one. */
export const RUN: CommandSpec = {
  words: ['run'],
  summary: "program this node's kernel for the cluster's Services, until stopped",
  flags: RUN_FLAGS,
  toCommand: runCommand,
};

const VERSION: CommandSpec = {
  words: ['version'],
  summary: 'print the version',
  flags: [],
  toCommand: () => ({ kind: 'version' }),
};

export const COMMANDS: readonly CommandSpec[] = [
  RUN,
  {
    words: ['lab', 'demo'],
    summary: 'bring up a small cluster on this machine and show its Services at work',
    flags: [
      { name: 'keep', type: 'bool', doc: 'Leave the lab up, and print how to use it.' },
      { name: 'mode', type: 'iptables|nftables', doc: 'The dataplane (default iptables).' },
      { name: 'iptables', type: 'legacy|nft', doc: 'The iptables variant, instead of finding it out.' },
    ],
    toCommand: (values) => ({
      kind: 'lab-demo',
      isKept: isOn(values, 'keep'),
      mode: modeFrom(last(values, 'mode') || 'iptables'),
      iptablesVariant: variantFrom('--iptables', last(values, 'iptables')),
    }),
  },
  VERSION,
];

/** In upstream's order of precedence (Run in cmd/kube-proxy/app/options.go). */
function runCommand(values: FlagTexts, env: Environment): Command {
  const source: ConfigSource = { file: last(values, 'config') || undefined, flags: values };
  const target = last(values, 'write-config-to');
  // `--version=raw`, too.
  if (values.has('version') && last(values, 'version') !== 'false') return { kind: 'version' };
  if (target) return { kind: 'write-config', source, target };
  if (isOn(values, 'cleanup')) return { kind: 'cleanup' };
  const iptablesVariant = variantFrom('FAIRLEAD_IPTABLES', env['FAIRLEAD_IPTABLES']);
  if (isOn(values, 'init-only')) return { kind: 'init-only', source, iptablesVariant };
  const affinityClients = countFrom('FAIRLEAD_AFFINITY_CLIENTS', env['FAIRLEAD_AFFINITY_CLIENTS']);
  return { kind: 'run', source, master: last(values, 'master') ?? '', iptablesVariant, affinityClients };
}

function last(values: FlagTexts, name: string): string | undefined {
  return values.get(name)?.at(-1);
}

function isOn(values: FlagTexts, name: string): boolean {
  const text = last(values, name) ?? 'false';
  const value = boolFromText(text);
  if (typeof value === 'boolean') return value;
  throw new UsageError(`--${name} is "${text}", but must be true or false`);
}

function modeFrom(value: string): Mode {
  if (value === 'iptables' || value === 'nftables') return value;
  throw new UsageError(`--mode is "${value}", but must be iptables or nftables`);
}

/** What the kernel takes for the size of a set. */
const MAX_COUNT = 0xffff_ffff;

function countFrom(source: string, value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined;
  const count = Number(value);
  if (/^\d+$/.test(value) && count >= 1 && count <= MAX_COUNT) return count;
  throw new UsageError(`${source} is "${value}", but must be a number from 1 to ${MAX_COUNT}`);
}

function variantFrom(source: string, value: string | undefined): IptablesVariant | undefined {
  if (value === undefined || value === '') return undefined;
  if (value === 'legacy' || value === 'nft') return value;
  throw new UsageError(`${source} is "${value}", but must be legacy or nft`);
}
