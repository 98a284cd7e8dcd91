import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import lock from '../../../package-lock.json' with { type: 'json' };
import { parseDockerfile } from '../../kernel/image/dockerfile.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');
const DOCKERFILE = readFileSync(resolve(PROJECT, 'Dockerfile'), 'utf8');

describe('the Dockerfile', () => {
  it('builds with the Node that the tests run on', () => {
    const [build] = parseDockerfile(DOCKERFILE);
    expect(build?.base).toContain(`node:${manifest.devDependencies.node}-`);
  });

  it.each(['x64', 'arm64'])('finds the native parts of its packages for %s in the lock file', (cpu) => {
    const locked: Readonly<Record<string, { readonly version?: string }>> = lock.packages;
    const versionOf = (name: string) => locked[`node_modules/${name}`]?.version;
    expect(versionOf(`@koromix/koffi-linux-${cpu}`)).toBe(manifest.dependencies.koffi);
    expect(versionOf(`@esbuild/linux-${cpu}`)).toBe(manifest.devDependencies.esbuild);
  });

  it('is sent the files that it copies, and no others', () => {
    const [, ...allowed] = readFileSync(resolve(PROJECT, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line && !line.startsWith('#'));
    const copied = parseDockerfile(DOCKERFILE)
      .flatMap(({ steps }) => steps)
      .flatMap((step) => (step.kind === 'copy' && step.from === undefined ? step.sources : []))
      .map((path) => path.split('/')[0]);
    expect(allowed.sort()).toEqual([...new Set(copied)].sort().map((path) => `!${path}`));
  });
});

describe('parseDockerfile', () => {
  it('reads stages, steps over several lines, and the entry point', () => {
    const text = [
      'FROM node:1-slim AS build',
      'WORKDIR /src',
      '# a comment',
      'COPY a b ./',
      'FROM debian:x-slim',
      'COPY --from=build /src/a /a',
      'RUN one \\',
      '# in between',
      ' && two',
      'ENV A=1 B=x=y',
      'ENTRYPOINT ["/a", "b"]',
    ].join('\n');
    expect(parseDockerfile(text)).toEqual([
      {
        base: 'node:1-slim',
        name: 'build',
        steps: [
          { kind: 'workdir', path: '/src' },
          { kind: 'copy', from: undefined, sources: ['a', 'b'], target: './' },
        ],
        entrypoint: [],
      },
      {
        base: 'debian:x-slim',
        name: undefined,
        steps: [
          { kind: 'copy', from: 'build', sources: ['/src/a'], target: '/a' },
          { kind: 'run', script: 'one   && two' },
          { kind: 'env', values: { A: '1', B: 'x=y' } },
        ],
        entrypoint: ['/a', 'b'],
      },
    ]);
  });

  it.each(['FROM --platform=x debian:x-slim', 'RUN before', 'FROM x\nADD a b', 'FROM x\nCOPY --chown=1 a b'])(
    'refuses what it does not know: %s',
    (text) => expect(() => parseDockerfile(text)).toThrow(),
  );
});
