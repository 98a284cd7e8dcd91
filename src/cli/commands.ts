// The table of commands: words, flags, and how the values become a Command. Parsing and help follow from it.
import { type Command, type IptablesVariant, UsageError } from './command.ts';

export interface Flag {
  readonly short?: string;
  /** What the value is called in the help; without it the flag takes none. */
  readonly value?: string;
  readonly doc: string;
}

/** By flag name: true for a flag that takes no value. */
export type FlagValues = Readonly<Record<string, string | boolean | undefined>>;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CommandSpec {
  readonly words: readonly string[];
  readonly summary: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /** Throws UsageError. */
  readonly toCommand: (values: FlagValues, env: Environment) => Command;
}

const IPTABLES_FLAG: Flag = {
  value: 'legacy|nft',
  doc: 'the iptables variant, instead of finding it out',
};

export const COMMANDS: readonly CommandSpec[] = [
  {
    words: ['run'],
    summary: "program this node's kernel for the cluster's Services, until stopped",
    flags: {
      config: { value: 'FILE', doc: 'a KubeProxyConfiguration, v1alpha1 (required)' },
      v: {
        short: 'v',
        value: 'N',
        doc: 'how much is logged: 0 little, 2 changes, 4 decisions, 5 everything',
      },
      'hostname-override': { value: 'NAME', doc: "the name of this node's Node object" },
    },
    toCommand: (values, env) => ({
      kind: 'run',
      configFile: required(values, 'config'),
      verbosity: verbosityFrom(text(values, 'v')),
      hostnameOverride: text(values, 'hostname-override'),
      iptablesVariant: variantFrom('FAIRLEAD_IPTABLES', env['FAIRLEAD_IPTABLES']),
    }),
  },
  {
    words: ['lab', 'demo'],
    summary: 'bring up a small cluster on this machine and show its Services at work',
    flags: {
      keep: { doc: 'leave the lab up, and print how to use it' },
      iptables: IPTABLES_FLAG,
    },
    toCommand: (values) => ({
      kind: 'lab-demo',
      isKept: values['keep'] === true,
      iptablesVariant: variantFrom('--iptables', text(values, 'iptables')),
    }),
  },
  { words: ['version'], summary: 'print the version', flags: {}, toCommand: () => ({ kind: 'version' }) },
];

function text(values: FlagValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

function required(values: FlagValues, name: string): string {
  const value = text(values, name);
  if (!value) throw new UsageError(`--${name} is missing`);
  return value;
}

function verbosityFrom(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value)) throw new UsageError(`-v is "${value}", but must be a whole number like 2`);
  return Number(value);
}

function variantFrom(source: string, value: string | undefined): IptablesVariant | undefined {
  if (value === undefined || value === '') return undefined;
  if (value === 'legacy' || value === 'nft') return value;
  throw new UsageError(`${source} is "${value}", but must be legacy or nft`);
}
