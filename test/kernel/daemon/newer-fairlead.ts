// A Fairlead as a later release might be: another version, and rules in another layout, so that no chain of a Service has the
// name that today's Fairlead gives it. It is today's sources with a few words replaced on their way into the bundle.
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

/** By file: what is replaced, and by what. */
const REPLACEMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'package.json': { '"version": "0.1.0"': `"version": "${VERSION}"` },
  'src/dataplane/iptables/names.ts': {
    'fairlead-layout-1': 'fairlead-layout-2',
    "hash('sha256', text, ": "hash('sha256', 'layout 2: ' + text, ",
    'prefix + label;': "prefix + '2.' + label;",
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
