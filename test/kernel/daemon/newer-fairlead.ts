// A Fairlead as a later release might be: another version, and rules in another layout. No chain of a Service has the name that today's
// Fairlead gives it; in nftables no chain has but base chains, one set has another name, and two have keys of other types. It is today's
// sources with a few words replaced on their way into the bundle.
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { bundle } from '../../../tools/bundle.ts';

export interface NewerFairlead {
  /** The program and its first arguments. */
  readonly command: readonly string[];
  readonly version: string;
  remove(): void;
}

const PROJECT = resolve(import.meta.dirname, '../../..');
const VERSION = '99.0.0';

const NFTABLES_CHAINS = [
  ...['dispatch', 'treat', 'masquerade-marked', 'node-ports', 'learning'],
  ...['check-input', 'check-output', 'rejecting'],
];

/** By file: what is replaced, and by what. */
const REPLACEMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'package.json': { '"version": "0.1.0"': `"version": "${VERSION}"` },
  'src/dataplane/iptables/names.ts': {
    'fairlead-layout-1': 'fairlead-layout-2',
    "hash('sha256', text, ": "hash('sha256', 'layout 2: ' + text, ",
    'prefix + label;': "prefix + '2.' + label;",
  },
  'src/dataplane/nftables/names.ts': {
    'fairlead-layout-2': 'fairlead-layout-3',
    ...Object.fromEntries(NFTABLES_CHAINS.map((name) => [`'${name}'`, `'second-${name}'`])),
    "PICK = 'pick'": "PICK = 'second-pick'",
    'return `${isNodePort': 'return `second-${isNodePort',
  },
  'src/dataplane/nftables/schema.ts': {
    "name: 'hairpin-": "name: 'second-hairpin-",
    "ClusterIPs of Services', key: ['address'": "ClusterIPs of Services', key: ['address', 'address'",
  },
  'src/dataplane/nftables/shared-uses.ts': {
    "set: 'hairpin-": "set: 'second-hairpin-",
    'key: packIp(ip) }': 'key: packIp(ip) + packIp(ip) }',
  },
  'src/dataplane/nftables/service-chains.ts': {
    "], 'hairpin-": "], 'second-hairpin-",
    '= inSet([ADDRESS_FIELDS[family].destination]':
      '= inSet([ADDRESS_FIELDS[family].destination, ADDRESS_FIELDS[family].destination]',
  },
  'src/dataplane/nftables/check-chains.ts': {
    "inSet([destination], 'service-cluster-": "inSet([destination, destination], 'service-cluster-",
  },
  // Slots are what nft calls a mark.
  'src/system/netlink/nftables/set-types.ts': {
    'number: { number: 4,': 'number: { number: 19,',
    '[EXPR_NUMGEN, 1, MODULUS, 0]': '[EXPR_META, 3]',
  },
};

/** Builds it outside of the project. */
export async function buildNewerFairlead(): Promise<NewerFairlead> {
  const home = mkdtempSync(join(tmpdir(), 'fairlead-newer-'));
  await bundle({ directory: join(home, 'dist'), isWithoutLab: true, plugins: [replaceWords()] });
  symlinkSync(join(PROJECT, 'node_modules'), join(home, 'node_modules'));
  return {
    command: [process.execPath, join(home, 'dist/fairlead.js')],
    version: VERSION,
    remove: () => rmSync(home, { recursive: true }),
  };
}

function replaceWords(): Plugin {
  return {
    name: 'replace-words',
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.(json|ts)$/ }, ({ path }) => {
        const words = REPLACEMENTS[relative(PROJECT, path)];
        const contents = words && Object.entries(words).reduce(replaceOnce, readFileSync(path, 'utf8'));
        return contents ? { contents, loader: path.endsWith('.ts') ? 'ts' : 'json' } : undefined;
      }),
  };
}

/** Throws when the sources have changed, so that the newer Fairlead is never today's by mistake. */
function replaceOnce(text: string, [from, to]: readonly [string, string]): string {
  const [before, after, ...more] = text.split(from);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`not once in the sources: ${from}`);
  return before + to + after;
}
