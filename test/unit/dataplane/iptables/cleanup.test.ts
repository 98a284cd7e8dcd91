import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CleanupDeps, cleanUpIptables } from '../../../../src/dataplane/iptables/cleanup.ts';
import { ANCHOR_CHAIN, cleanupInput, leftoversIn } from '../../../../src/dataplane/iptables/cleanup-input.ts';
import type { CommandResult, Exec } from '../../../../src/system/exec.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';

const RECORDED = resolve(import.meta.dirname, '../../../fixtures/kube-proxy');
const JUMP = '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES';

function natOf(...lines: readonly string[]): string {
  return `*nat\n:PREROUTING ACCEPT [0:0]\n${lines.map((line) => `${line}\n`).join('')}COMMIT\n`;
}

const OURS = natOf(':KUBE-SERVICES - [0:0]', ':KUBE-SVC-A - [0:0]', JUMP, '-A KUBE-SERVICES -j KUBE-SVC-A');

describe('what has to be written', () => {
  it.each(['iptables-nft.iptables-save', 'iptables-nft.ip6tables-save', 'iptables-legacy.iptables-save'])(
    'after kube-proxy names every chain of a service proxy twice, and no other: %s',
    (file) => {
      const saved = readFileSync(resolve(RECORDED, file), 'utf8');
      const input = cleanupInput(leftoversIn(saved), { needsAnchor: false });
      const chains = saved.match(/^:KUBE-\S+/gm)?.map((name) => name.slice(1)) ?? [];
      const kept = /^KUBE-(FIREWALL|KUBELET-CANARY|IPTABLES-HINT)$/;
      const expected = chains.filter((name) => !kept.test(name)).sort();
      expect(expected.length).toBeGreaterThan(15);
      expect((input.match(/^-X \S+/gm) ?? []).map((line) => line.slice(3)).sort()).toEqual(expected);
      expect((input.match(/^:\S+/gm) ?? []).map((line) => line.slice(1)).sort()).toEqual(expected);
      const jumps = saved.match(/^-A (?!KUBE-)\S+ .*-j KUBE-(?!FIREWALL)\S+$/gm) ?? [];
      expect((input.match(/^-D .*/gm) ?? []).sort()).toEqual(
        jumps.map((line) => line.replace('-A', '-D')).sort(),
      );
    },
  );

  it('is nothing where nothing is', () => {
    const saved = natOf(':DOCKER - [0:0]', '-A PREROUTING -j DOCKER', ':KUBE-MARK-DROP - [0:0]');
    expect(cleanupInput(leftoversIn(saved), { needsAnchor: false })).toBe('');
  });

  it('takes a jump away as often as it is there', () => {
    const saved = natOf(':KUBE-SERVICES - [0:0]', JUMP, JUMP);
    const input = cleanupInput(leftoversIn(saved), { needsAnchor: false });
    expect(input.match(/^-D PREROUTING/gm)).toHaveLength(2);
  });

  it('empties a chain that a rule of others leads to, and lets it be', () => {
    const saved = natOf(':KUBE-MARK-MASQ - [0:0]', ':CNI - [0:0]', '-A CNI -j KUBE-MARK-MASQ');
    const leftovers = leftoversIn(saved);
    expect(cleanupInput(leftovers, { needsAnchor: false })).toBe('*nat\n:KUBE-MARK-MASQ - [0:0]\nCOMMIT\n');
    expect(leftovers.references).toEqual([
      { table: 'nat', chain: 'CNI', rule: '-j KUBE-MARK-MASQ', target: 'KUBE-MARK-MASQ' },
    ]);
  });

  it.each<[string, boolean]>([
    ['-A CNI -m conntrack --ctstate NEW -j RETURN', true],
    ['-A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE', true],
    ['-A CNI -j CT --notrack', true],
    ['-A CNI -m comment --comment "conntrack" -j RETURN', false],
    ['-A KUBE-SVC-A -m conntrack --ctstate NEW -j RETURN', false],
    [JUMP, false],
  ])('knows whether others have connections tracked: %s', (rule, hasTracking) => {
    expect(leftoversIn(natOf(':CNI - [0:0]', ':KUBE-SVC-A - [0:0]', rule)).hasTracking).toBe(hasTracking);
  });

  it('makes the anchor, keeps it and removes it', () => {
    const anchored = natOf(
      `:${ANCHOR_CHAIN} - [0:0]`,
      `-A ${ANCHOR_CHAIN} -m conntrack --ctstate INVALID -j RETURN`,
    );
    expect(cleanupInput(leftoversIn(OURS), { needsAnchor: true })).toContain(`\n-A ${ANCHOR_CHAIN} `);
    expect(cleanupInput(leftoversIn(anchored), { needsAnchor: true })).toBe('');
    expect(cleanupInput(leftoversIn(anchored), { needsAnchor: false })).toContain(`\n-X ${ANCHOR_CHAIN}\n`);
  });
});

const OK: CommandResult = { exitCode: 0, stdout: '', stderr: '' };
const MISSING: CommandResult = { exitCode: undefined, stdout: '', stderr: 'spawn x ENOENT' };

/** Answers by program; what is written is recorded. */
function node(
  answers: Readonly<Record<string, CommandResult | readonly CommandResult[]>>,
  options: Pick<CleanupDeps, 'isReplaced'> = {},
) {
  const written: string[] = [];
  const counts = new Map<string, number>();
  const exec: Exec = async ({ file, args, input }) => {
    const name = file === 'ipset' ? `ipset ${args.includes('restore') ? 'restore' : 'list'}` : file;
    if (input) written.push(`${name}\n${[...input].join('')}`);
    const all = [answers[name] ?? OK].flat();
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return all[Math.min(count, all.length - 1)] ?? OK;
  };
  const clock = new FakeClock();
  const cleaning = cleanUpIptables({ exec, clock, signal: new AbortController().signal, ...options });
  return { written, cleaning, clock };
}

describe('cleanUpIptables', () => {
  it('writes nothing on a node that no service proxy used', async () => {
    const { written, cleaning } = node({});
    expect(await cleaning).toEqual({ chains: 0, jumps: 0, sets: 0, anchors: [], tracked: [], problems: [] });
    expect(written).toEqual([]);
  });

  it('needs no anchor where the other variant has connections tracked', async () => {
    const tracking = { ...OK, stdout: natOf('-A POSTROUTING -j MASQUERADE') };
    const { cleaning } = node({
      'iptables-legacy-save': tracking,
      'iptables-nft-save': { ...OK, stdout: OURS },
      'ip6tables-nft-save': { ...OK, stdout: OURS },
    });
    expect(await cleaning).toMatchObject({
      ...{ chains: 4, jumps: 2, anchors: ['ip6tables-nft'] },
      tracked: ['IPv4', 'IPv6'],
    });
  });

  it('needs none, and removes the one that is there, where nftables mode has connections tracked', async () => {
    const anchored = natOf(
      ':KUBE-SVC-A - [0:0]',
      `:${ANCHOR_CHAIN} - [0:0]`,
      `-A ${ANCHOR_CHAIN} -m conntrack --ctstate INVALID -j RETURN`,
    );
    const answers = { 'iptables-nft-save': { ...OK, stdout: anchored } };
    const { cleaning, written } = node(answers, { isReplaced: true });
    expect(await cleaning).toMatchObject({ chains: 1, anchors: [], tracked: [] });
    expect(written.join()).toContain(`\n-X ${ANCHOR_CHAIN}\n`);
  });

  it('knows that nothing is translated without a nat table', async () => {
    const filter = '*filter\n-A INPUT -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n';
    const { cleaning } = node({ 'iptables-nft-save': { ...OK, stdout: filter } });
    expect(await cleaning).toMatchObject({ tracked: [] });
  });

  it('counts a program that is not installed as one that left nothing', async () => {
    const { cleaning } = node({ 'iptables-legacy-save': MISSING, 'ipset list': MISSING });
    expect(await cleaning).toMatchObject({ problems: [] });
  });

  it('goes on after a failure and tells all of them', async () => {
    const denied = { exitCode: 4, stdout: '', stderr: 'Permission denied\n' };
    const { cleaning, written } = node({
      'iptables-legacy-save': denied,
      'iptables-nft-save': { ...OK, stdout: OURS },
      'iptables-nft-restore': denied,
      'ip6tables-nft-save': { ...OK, stdout: OURS },
      'ipset list': denied,
    });
    expect((await cleaning).problems).toEqual([
      'iptables-legacy-save: Permission denied',
      'iptables-nft-restore: Permission denied',
      'ipset: Permission denied',
    ]);
    expect(written).toHaveLength(2);
  });

  it('destroys our sets only, and tries again while the kernel still uses them', async () => {
    const listed = { ...OK, stdout: 'KUBE-SEP-A\nother\nKUBE-CLUSTER-IP\nFAIRLEAD-CLUSTER-IPS-6\n' };
    const busy = { exitCode: 1, stdout: '', stderr: 'in use by a kernel component' };
    const { cleaning, written, clock } = node({ 'ipset list': listed, 'ipset restore': [busy, busy, OK] });
    await clock.advance(1_000);
    expect(await cleaning).toMatchObject({ sets: 2, problems: [] });
    expect(written).toEqual(
      Array(3).fill('ipset restore\ndestroy KUBE-SEP-A\ndestroy FAIRLEAD-CLUSTER-IPS-6\n'),
    );
  });

  it('gives up on sets that stay in use', async () => {
    const busy = { exitCode: 1, stdout: '', stderr: 'in use by a kernel component' };
    const { cleaning, clock } = node({
      'ipset list': { ...OK, stdout: 'KUBE-SEP-A\n' },
      'ipset restore': busy,
    });
    await clock.advance(10_000);
    expect((await cleaning).problems).toEqual(['ipset: in use by a kernel component']);
  });
});
