// Holds objects against the types of @kubernetes/client-node, which are made of the API's schema: required fields, kinds of
// values, and fields that do not exist. TypeScript finds the last only in literals, so a file of literals is made.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { execa } from 'execa';

const MODULES = resolve(import.meta.dirname, '../../../node_modules');

/** What the compiler says; empty when all is well. */
export async function typeErrorsOf(objects: readonly KubernetesObject[]): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-types-'));
  try {
    writeFileSync(join(directory, 'objects.ts'), objects.map(literal).join('\n'));
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config()));
    const tsc = join(MODULES, '.bin/tsc');
    const { stdout } = await execa(tsc, ['--pretty', 'false', '--project', directory], { reject: false });
    return stdout.split('\n').filter((line) => line.includes('error'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** `apps/v1` DaemonSet is V1DaemonSet. */
function literal(object: KubernetesObject, index: number): string {
  const version = object.apiVersion?.split('/').at(-1) ?? '';
  const type = `${version.charAt(0).toUpperCase()}${version.slice(1)}${object.kind}`;
  const value = JSON.stringify(object, undefined, 2);
  return `export const object${index}: import('@kubernetes/client-node').${type} = ${value};`;
}

function config() {
  const types = join(MODULES, '@kubernetes/client-node/dist/index.d.ts');
  return {
    compilerOptions: {
      module: 'nodenext',
      target: 'es2024',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(MODULES, '@types')],
      paths: { '@kubernetes/client-node': [types] },
    },
    files: ['objects.ts'],
  };
}
