// What nftables mode finds out about a kernel before it writes anything.
import { describe, expect, it } from 'vitest';
import { lackingFeatures } from '../../../src/dataplane/nftables/lacking-features.ts';
import { openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { openNfTables } from '../../../src/system/netlink/nftables/nf-tables.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { FakeNfTables } from '../../fakes/fake-nf-tables.ts';
import { createScratchNetns } from '../system/scratch-netns.ts';
import { listRuleset } from './skeleton-bed.ts';
import { FAMILIES } from './skeleton-cases.ts';

describe.each(FAMILIES)('the trial of %s', (family) => {
  it('finds nothing lacking in this kernel, and leaves nothing', async () => {
    const netns = createScratchNetns();
    const nfTables = openNfTables((options) => inNetns(netns, () => openNetlinkSocket(options)));
    expect(await lackingFeatures(nfTables, family)).toEqual([]);
    expect(listRuleset(netns)).toBe('');
    nfTables.close();
  });

  it('tells what the kernel refuses', async () => {
    const nfTables = new FakeNfTables();
    // The fifth message: after the table, its endpoints, and its plain and treated frontends.
    nfTables.refuseMessage(5, 'EOPNOTSUPP');
    // The rules that look into it are refused as well.
    const [first] = await lackingFeatures(nfTables, family);
    expect(first).toBe('nf_tables refuses set frontends-1: ENOTSUP');
  });
});
