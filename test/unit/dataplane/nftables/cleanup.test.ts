import { describe, expect, it } from 'vitest';
import { removeTable } from '../../../../src/dataplane/nftables/cleanup.ts';
import { NetlinkError } from '../../../../src/system/netlink/netlink-error.ts';
import type { ListedChain } from '../../../../src/system/netlink/nftables/nf-tables.ts';

const EPERM = 1;
const ENOENT = 2;
const EINTR = 4;
const EINVAL = 22;

const HOOK = { type: 'nat', point: 'prerouting', priority: -100 } as const;
const KUBE_PROXY: readonly ListedChain[] = [
  { name: 'services', use: 2 },
  { name: 'nat-prerouting', hook: HOOK, policy: 'accept', use: 1 },
  {
    name: 'nat-postrouting',
    hook: { ...HOOK, point: 'postrouting', priority: 100 },
    policy: 'accept',
    use: 1,
  },
];
const ANCHOR = KUBE_PROXY.slice(1, 2);

/** A kernel with these chains in the table, which answers transactions with these errors. */
function kernel(chains: readonly ListedChain[], ...answers: readonly (number | undefined)[]) {
  const transactions: Uint8Array[] = [];
  let disturbances = 2;
  const nfTables = {
    chains: async () => {
      if (disturbances-- > 0) throw new NetlinkError(EINTR);
      return chains;
    },
    transact: async (batch: Uint8Array) => {
      const errno = answers[transactions.push(batch) - 1];
      return errno === undefined ? [] : [{ sequence: 1, error: new NetlinkError(errno, 'no') }];
    },
  };
  return { nfTables, transactions };
}

describe('removeTable', () => {
  it('removes it in one transaction, without listing it', async () => {
    const { nfTables, transactions } = kernel([]);
    const unlisted = { ...nfTables, chains: () => Promise.reject(new Error('listed')) };
    expect(await removeTable(unlisted, 'IPv4', { needsAnchor: false })).toEqual({
      ...{ family: 'IPv4', isRemoved: true, isAnchored: false },
    });
    expect(transactions).toHaveLength(1);
  });

  it('puts the anchor in its place within the transaction, also while others write', async () => {
    const { nfTables, transactions } = kernel(KUBE_PROXY);
    const removal = await removeTable(nfTables, 'IPv6', { needsAnchor: true });
    expect(removal).toEqual({ family: 'IPv6', isRemoved: true, isAnchored: true });
    expect(transactions).toHaveLength(1);
    expect(Buffer.from(transactions[0] ?? []).toString('latin1')).toContain('nat-prerouting');
  });

  it('leaves the anchor alone', async () => {
    const { nfTables, transactions } = kernel(ANCHOR);
    const removal = await removeTable(nfTables, 'IPv4', { needsAnchor: true });
    expect(removal).toEqual({ family: 'IPv4', isRemoved: false, isAnchored: true });
    expect(transactions).toEqual([]);
  });

  it('needs no anchor where nothing was translated', async () => {
    const { nfTables, transactions } = kernel(KUBE_PROXY.slice(0, 1));
    expect(await removeTable(nfTables, 'IPv4', { needsAnchor: true })).toMatchObject({ isAnchored: false });
    expect(Buffer.from(transactions[0] ?? []).toString('latin1')).not.toContain('nat-prerouting');
  });

  it.each([ENOENT, EINVAL])(
    'finds nothing where there is no table, or no nf_tables (errno %i)',
    async (errno) => {
      const { nfTables } = kernel([], errno);
      expect(await removeTable(nfTables, 'IPv4', { needsAnchor: false })).toEqual({
        ...{ family: 'IPv4', isRemoved: false, isAnchored: false },
      });
    },
  );

  it('tells why the table is still there', async () => {
    const { nfTables } = kernel(KUBE_PROXY, EPERM);
    expect(await removeTable(nfTables, 'IPv4', { needsAnchor: true })).toEqual({
      ...{ family: 'IPv4', isRemoved: false, isAnchored: false, problem: 'nf_tables: EPERM: no' },
    });
  });
});
