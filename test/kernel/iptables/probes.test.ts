// What is found out about the node before anything is written.
import { afterEach, describe, expect, it } from 'vitest';
import { probeFeatures } from '../../../src/dataplane/iptables/features.ts';
import { detectVariant } from '../../../src/dataplane/iptables/variant.ts';
import type { Exec } from '../../../src/system/exec.ts';
import { createBed, execIn, LINEUPS, removeBeds } from './bed.ts';

afterEach(removeBeds);

describe.each(LINEUPS)('the probe of iptables $variant, $family', (lineup) => {
  it('finds ipset and nfacct and leaves no chain and no set behind', async () => {
    const { netns, save, run } = createBed(lineup);
    const features = await probeFeatures({ ...lineup, exec: execIn(netns) });
    expect(features).toEqual({ hasSets: true, hasAccounting: true });
    expect(save().toLowerCase()).not.toContain('probe');
    expect(run('ipset', ['list', '-name'])).toBe('');
  });

  it('is not disturbed by the probe of the other family', async () => {
    const { netns } = createBed(lineup);
    const probes = (['IPv4', 'IPv6'] as const).map((family) =>
      probeFeatures({ ...lineup, family, exec: execIn(netns) }),
    );
    const both = { hasSets: true, hasAccounting: true };
    expect(await Promise.all(probes)).toEqual([both, both]);
  });

  it('is not misled by others that probe at the same time', async () => {
    const { netns, save, run } = createBed(lineup);
    const probes = Array.from({ length: 6 }, () => probeFeatures({ ...lineup, exec: execIn(netns) }));
    for (const features of await Promise.all(probes)) expect(features.hasSets).toBe(true);
    expect(save()).not.toContain('fairlead');
    expect(run('ipset', ['list', '-name'])).toBe('');
  });

  it('finds neither where the programs are missing', async () => {
    const { netns, run } = createBed(lineup);
    run('nfacct', ['flush']);
    const exec = execIn(netns);
    const without: Exec = (command) =>
      ['ipset', 'nfacct'].includes(command.file)
        ? Promise.resolve({ exitCode: undefined, stdout: '', stderr: 'not found' })
        : exec(command);
    expect(await probeFeatures({ ...lineup, exec: without })).toEqual({
      hasSets: false,
      hasAccounting: false,
    });
  });
});

describe('the variant', () => {
  it.each(['legacy', 'nft'] as const)('is %s where kubelet left its hint', async (variant) => {
    const { netns, restore } = createBed({ variant, family: 'IPv4' });
    restore('*mangle\n:KUBE-IPTABLES-HINT - [0:0]\nCOMMIT\n');
    expect(await detectVariant(execIn(netns))).toMatchObject({ variant });
  });

  it('is nft on an empty node', async () => {
    const { netns } = createBed({ variant: 'nft', family: 'IPv4' });
    expect(await detectVariant(execIn(netns))).toMatchObject({ variant: 'nft' });
  });
});
