import { describe, expect, it } from 'vitest';
import { detectVariant } from '../../../../src/dataplane/iptables/variant.ts';
import type { Command, Exec } from '../../../../src/system/exec.ts';

const HINT = ':KUBE-IPTABLES-HINT - [0:0]\n';
const CANARY = ':KUBE-KUBELET-CANARY - [0:0]\n';
const RULES = '-A INPUT -j ACCEPT\n-A OUTPUT -j ACCEPT\n';

function execWith(outputs: Readonly<Record<string, string>>, commands: Command[] = []): Exec {
  return async (command) => {
    commands.push(command);
    return { exitCode: 0, stdout: outputs[command.file] ?? '', stderr: '' };
  };
}

describe('the variant', () => {
  it.each([
    ['nft', 'with its hint chain', { 'iptables-nft-save': HINT }],
    ['nft', 'with its canary for IPv6 only', { 'ip6tables-nft-save': CANARY }],
    ['legacy', 'with its canary', { 'iptables-legacy-save': CANARY }],
    ['nft', 'in both variants', { 'iptables-nft-save': HINT, 'iptables-legacy-save': HINT + RULES }],
  ] as const)('is %s, which kubelet used %s', async (variant, _, outputs) => {
    const detected = await detectVariant(execWith(outputs));
    expect(detected).toEqual({ variant, because: 'kubelet made its hint chains there' });
  });

  it.each([
    ['legacy', 'more rules', { 'iptables-legacy-save': RULES, 'ip6tables-nft-save': '-A INPUT -j DROP\n' }],
    ['nft', 'as many rules', { 'iptables-legacy-save': RULES, 'ip6tables-nft-save': RULES }],
    ['nft', 'more rules', { 'iptables-nft-save': RULES }],
  ] as const)('is %s, which has %s, where kubelet left no hint', async (variant, _, outputs) => {
    expect(await detectVariant(execWith(outputs))).toEqual({ variant, because: 'it has more rules' });
  });

  it('is nft on an empty node, and where nothing can be read', async () => {
    const nft = { variant: 'nft', because: 'nobody uses the other' };
    expect(await detectVariant(execWith({}))).toEqual(nft);
    expect(
      await detectVariant(async () => ({ exitCode: undefined, stdout: '', stderr: 'not found' })),
    ).toEqual(nft);
  });

  it('is found without making the legacy mangle table', async () => {
    const commands: Command[] = [];
    await detectVariant(execWith({}, commands));
    const legacy = commands.filter(({ file }) => file.includes('legacy'));
    expect(legacy.every(({ args }) => args.length === 0)).toBe(true);
  });
});
