// The wrapper of the image, with programs in the place of both variants that print what the test says.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const WRAPPER = resolve(import.meta.dirname, '../../../tools/image/iptables');
const HINT = ':KUBE-IPTABLES-HINT - [0:0]';
const RULE = '-A INPUT -j ACCEPT';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-wrapper-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('iptables in the image', () => {
  it.each([
    { of: "kubelet's hint in nft", saved: { nft: [HINT], legacy: [RULE] }, variant: 'nft' },
    { of: "kubelet's hint in legacy", saved: { nft: [RULE], legacy: [HINT] }, variant: 'legacy' },
    { of: 'hints in both', saved: { nft: [HINT], legacy: [HINT] }, variant: 'nft' },
    { of: 'more rules in legacy', saved: { nft: [RULE], legacy: [RULE, RULE] }, variant: 'legacy' },
    { of: 'as many rules in both', saved: { nft: [RULE], legacy: [RULE] }, variant: 'nft' },
    { of: 'no rules at all', saved: { nft: [], legacy: [] }, variant: 'nft' },
  ] as const)('is $variant because of $of', async ({ saved, variant }) => {
    for (const [name, lines] of Object.entries(saved)) install(name, lines);
    expect(await call('iptables', ['-L'])).toBe(`iptables-${variant} -L`);
  });

  it('takes the variant that the environment names', async () => {
    for (const name of ['nft', 'legacy']) install(name, [HINT]);
    expect(await call('iptables', [], { FAIRLEAD_IPTABLES: 'legacy' })).toBe('iptables-legacy');
  });

  it('keeps the name that it is called by, and the arguments as they are', async () => {
    for (const name of ['nft', 'legacy']) install(name, []);
    expect(await call('ip6tables-restore', ['--noflush', 'a b'])).toBe('ip6tables-nft-restore --noflush a b');
  });
});

/** Programs of a variant: `…-save` prints the lines, whatever table is asked for; the others print how they are called. */
function install(variant: string, lines: readonly string[]): void {
  for (const family of ['iptables', 'ip6tables']) {
    const saved = family === 'iptables' ? lines : [];
    program(`${family}-${variant}-save`, saved.map((line) => `echo '${line}'`).join('\n'));
    for (const name of [`${family}-${variant}`, `${family}-${variant}-restore`])
      program(name, 'echo "$(basename "$0")" "$@"');
  }
}

function program(name: string, body: string): void {
  writeFileSync(join(directory, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

async function call(name: string, args: readonly string[], env: Record<string, string> = {}) {
  const link = join(directory, name);
  symlinkSync(WRAPPER, link);
  const { stdout } = await execa(link, args, { env: { PATH: `${directory}:/usr/bin:/bin`, ...env } });
  return stdout;
}
