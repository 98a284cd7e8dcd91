// --cleanup after nftables mode, kube-proxy's and ours: the tables go, tables of others stay, and established connections live on.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bed, type Beds, closeBeds, startBeds, startSynced } from '../daemon/bed.ts';
import { loadKubeProxyTables } from '../daemon/kube-proxy-tables.ts';
import { runOn } from '../daemon/run-on.ts';
import { TARGETS } from '../daemon/traffic.ts';
import { fairlead, SOURCES } from './node.ts';

/** Messages are sent every 5 ms. */
const ECHOES_MS = 500;
/** Nothing in it has connections tracked. */
const OTHERS =
  'table ip others {\n\tchain input {\n\t\ttype filter hook input priority filter + 10; policy accept;\n\t}\n}\n';

let beds: Beds<'iptables-nft'>;
beforeAll(async () => {
  beds = await startBeds(['iptables-nft']);
});
afterAll(() => closeBeds(beds));

it('removes the tables, and keeps what others made and established connections', async () => {
  const bed = beds['iptables-nft'];
  await runOn(bed, ['nft', '-f', '-'], OTHERS);
  await loadKubeProxyTables(bed);
  const transfers = await Promise.all(TARGETS.map((to) => bed.asker.transfer({ to, port: 80 })));
  await sleep(ECHOES_MS);

  const result = await fairlead(bed, '--cleanup');
  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  expect(result.stderr).toContain('table ip6 kube-proxy');
  expect(await runOn(bed, ['nft', 'list', 'table', 'ip', 'others'])).toBe(OTHERS);
  for (const family of ['ip', 'ip6']) expect(await tableOn(bed, family)).toContain('ct state invalid return');
  const before = await Promise.all(transfers.map((transfer) => transfer.report()));
  await sleep(ECHOES_MS);
  const after = await Promise.all(transfers.map((transfer) => transfer.report()));
  for (const [i, { error, echoedCount }] of after.entries()) {
    expect(error).toBeUndefined();
    expect(echoedCount).toBeGreaterThan(before[i]?.echoedCount ?? 0);
  }

  // Positive control: the anchor is what keeps them.
  for (const family of ['ip', 'ip6']) await runOn(bed, ['nft', 'delete', 'table', family, 'kube-proxy']);
  await sleep(ECHOES_MS);
  const cut = await Promise.all(transfers.map((transfer) => transfer.stop()));
  for (const { longestGapMs } of cut) expect(longestGapMs).toBeGreaterThan(ECHOES_MS / 2);
});

it('changes nothing the second time', async () => {
  const bed = beds['iptables-nft'];
  await loadKubeProxyTables(bed);
  await fairlead(bed, '--cleanup');
  const before = await runOn(bed, ['nft', 'list', 'ruleset']);
  const again = await fairlead(bed, '--cleanup');
  expect(again, again.stderr).toMatchObject({ exitCode: 0 });
  expect(await runOn(bed, ['nft', 'list', 'ruleset'])).toBe(before);
});

it("removes Fairlead's table, and leaves an anchor that the next start takes over", async () => {
  const bed = beds['iptables-nft'];
  const start = () => startSynced(bed, { command: SOURCES, config: { mode: 'nftables' } });
  await (await start()).stop();
  expect(await chainsIn(bed, 'ip')).toContain('dispatch');
  const result = await fairlead(bed, '--cleanup');
  expect(result, result.stderr).toMatchObject({ exitCode: 0 });
  for (const family of ['ip', 'ip6']) expect(await chainsIn(bed, family)).toEqual(['nat-prerouting']);
  await (await start()).stop();
  expect(await tableOn(bed, 'ip')).not.toContain('ct state invalid return');
  expect(await chainsIn(bed, 'ip')).toContain('dispatch');
});

async function chainsIn(bed: Bed, family: string): Promise<string[]> {
  return Array.from((await tableOn(bed, family)).matchAll(/^\tchain (\S+) \{/gm), ([, name = '']) => name);
}

function tableOn(bed: Bed, family: string): Promise<string> {
  return runOn(bed, ['nft', 'list', 'table', family, 'kube-proxy']);
}
