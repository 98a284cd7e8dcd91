// Holds the sources against the house rules: who may import whom, where effects live, that every file says what it is for.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SRC = resolve(import.meta.dirname, '../../src');

/** What a folder's files may import, beside their own folder. Folders are relative to src/. */
const ALLOWED_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  util: [],
  log: ['util'],
  model: ['util'],
  plan: ['model', 'util'],
  config: ['model', 'util'],
  system: ['log', 'util'],
  kube: ['config', 'log', 'model', 'util'],
  dataplane: ['model', 'plan', 'util'],
  'dataplane/iptables': ['dataplane', 'model', 'plan', 'system', 'util'],
  'dataplane/nftables': ['dataplane', 'model', 'plan', 'system', 'util'],
  sync: ['dataplane', 'model', 'plan', 'status', 'util', 'log'],
  flows: ['model', 'plan', 'util'],
  status: ['log', 'model', 'util'],
  lab: ['kube', 'log', 'model', 'system', 'util'],
  cli: ['config', 'log', 'util'],
  // Wires everything together.
  daemon: [
    'cli',
    'config',
    'dataplane',
    'dataplane/iptables',
    'dataplane/nftables',
    'flows',
    'kube',
    'log',
    'model',
    'plan',
    'status',
    'sync',
    'system',
    'util',
    '',
  ],
  '': ['cli', 'daemon', 'lab'],
};

/** Modules with effects on the machine, and who may use them. */
const EFFECTS: Readonly<Record<string, readonly string[]>> = {
  'node:child_process': [],
  execa: ['system', 'lab'],
  koffi: ['system'],
  'node:fs': ['system', 'config', 'kube', 'lab'],
  'node:fs/promises': ['system', 'config', 'kube', 'lab'],
  'node:net': ['system', 'lab'],
  'node:dgram': ['lab'],
  'node:https': ['kube', 'lab'],
  'node:http': ['kube', 'lab', 'status'],
  'node:worker_threads': ['system', 'lab'],
};

/** client-node costs 0.5 s and 80 MiB when loaded whole, so one file loads the one part that is needed. */
const CLIENT_NODE_LOADER = 'kube/kubeconfig.ts';

interface Import {
  readonly specifier: string;
  readonly isTypeOnly: boolean;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

describe.each(files)('src/%s', (file) => {
  const text = readFileSync(join(SRC, file), 'utf8');
  const imports = importsOf(text);
  const folder = folderOf(file);

  it('starts with what it is for', () => {
    expect(text).toMatch(/^(#!.*\n)?\/\/ \S/);
  });

  it('imports only from allowed folders', () => {
    const allowed = ALLOWED_IMPORTS[folder];
    expect(allowed, `folder ${folder} has no entry in ALLOWED_IMPORTS`).toBeDefined();
    const bad = imports
      .filter(({ specifier }) => specifier.startsWith('.') && specifier.endsWith('.ts'))
      .map(({ specifier }) => folderOf(relative(SRC, resolve(SRC, dirname(file), specifier))))
      .filter((target) => target !== folder && !allowed?.includes(target));
    expect(bad).toEqual([]);
  });

  it('has effects only where they belong', () => {
    const bad = imports.filter(({ specifier, isTypeOnly }) => {
      const users = EFFECTS[specifier];
      return users && !isTypeOnly && !users.some((user) => folder === user || folder.startsWith(`${user}/`));
    });
    expect(bad).toEqual([]);
  });

  it('loads client-node in one file only', () => {
    const loads = imports.some(
      ({ specifier, isTypeOnly }) => specifier.startsWith('@kubernetes/client-node') && !isTypeOnly,
    );
    expect(loads && file !== CLIENT_NODE_LOADER).toBe(false);
  });

  it('reads the environment and arguments only at the edge', () => {
    const isEdge = ['', 'cli', 'lab'].includes(folder.split('/')[0] ?? '');
    expect(!isEdge && /\bprocess\.(env|argv)\b/.test(text)).toBe(false);
  });
});

function importsOf(text: string): Import[] {
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s+)?(?:[^'"\n;]*?\sfrom\s+)?['"]([^'"]+)['"]/gms,
  );
  const dynamic = text.matchAll(/\bimport\(['"]([^'"]+)['"]\)/g);
  return [
    ...Array.from(statements, ([, type, specifier = '']) => ({ specifier, isTypeOnly: Boolean(type) })),
    ...Array.from(dynamic, ([, specifier = '']) => ({ specifier, isTypeOnly: false })),
  ];
}

/** The folder that rules are made for: the first level, and each dataplane for itself. */
function folderOf(file: string): string {
  const [first = '', second] = dirname(file).split('/');
  if (first === '.') return '';
  return first === 'dataplane' && second ? `${first}/${second}` : first;
}
