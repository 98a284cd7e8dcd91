import { describe, expect, it } from 'vitest';
import { variantsThatDropForwarded } from '../../../../src/dataplane/iptables/forward-policy.ts';
import type { Exec } from '../../../../src/system/exec.ts';

/** A node with these policies; undefined: no such chain. */
function node(policies: { readonly legacy?: string; readonly nft?: 'accept' | 'drop' }) {
  const programs: string[] = [];
  const exec: Exec = async ({ file, args }) => {
    programs.push([file, ...args].join(' '));
    const stdout = `-P FORWARD ${policies.legacy}\n-A FORWARD -j DOCKER\n`;
    return { exitCode: 0, stdout, stderr: '' };
  };
  const asked: string[] = [];
  const deps = {
    exec,
    legacyTables: () => (policies.legacy ? ['nat', 'filter'] : ['nat']),
    nfTables: {
      chain: async ({ family, name }: { family: string; name: string }, chain: string) => {
        asked.push(`${family} ${name} ${chain}`);
        return policies.nft && { name: chain, policy: policies.nft, use: 1 };
      },
    },
  };
  return { deps, programs, asked };
}

describe('variantsThatDropForwarded', () => {
  it.each([
    [{}, []],
    [{ legacy: 'ACCEPT', nft: 'accept' }, []],
    [{ legacy: 'DROP', nft: 'accept' }, ['legacy']],
    [{ nft: 'drop' }, ['nft']],
    [{ legacy: 'DROP', nft: 'drop' }, ['legacy', 'nft']],
  ] as const)('of %j are %j', async (policies, expected) => {
    expect(await variantsThatDropForwarded(node(policies).deps, 'IPv4')).toEqual(expected);
  });

  it('asks for one chain, and no program that would make a table', async () => {
    const without = node({});
    await variantsThatDropForwarded(without.deps, 'IPv6');
    expect(without.programs).toEqual([]);
    expect(without.asked).toEqual(['IPv6 filter FORWARD']);
    const with6 = node({ legacy: 'DROP' });
    await variantsThatDropForwarded(with6.deps, 'IPv6');
    expect(with6.programs).toEqual(['ip6tables-legacy -w 5 -S FORWARD']);
  });
});
