// What nftables mode may do as little as.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DAEMON_FILE } from '../../../src/lab/paths.ts';
import { type Beds, closeBeds, startBeds, startSynced } from './bed.ts';
import { runKubeProxy } from './kube-proxy-rules.ts';
import { TARGETS } from './traffic.ts';

const CAPABILITIES = ['--bounding-set', '-all,+net_admin', '--inh-caps', '-all,+net_admin'];
const OPTIONS = {
  config: { mode: 'nftables' },
  command: ['setpriv', ...CAPABILITIES, process.execPath, DAEMON_FILE],
};

let beds: Beds<'iptables-legacy'>;
beforeAll(async () => {
  beds = await startBeds(['iptables-legacy']);
});
afterAll(() => closeBeds(beds));

it('serves with CAP_NET_ADMIN alone', async () => {
  const bed = beds['iptables-legacy'];
  const daemon = await startSynced(bed, OPTIONS);
  for (const to of TARGETS) expect(await bed.asker.probe({ to, port: 80 })).toMatchObject([{ ok: true }]);
  expect(daemon.events.filter(({ msg }) => msg.startsWith('something of the other mode'))).toEqual([]);
  await daemon.stop();
});

it('says what it cannot remove without CAP_NET_RAW, and serves', async () => {
  const bed = beds['iptables-legacy'];
  await runKubeProxy(bed);
  const daemon = await startSynced(bed, OPTIONS);
  const { problem } = await daemon.waitFor(({ msg }) => msg === 'something of the other mode is still there');
  expect(problem).toContain('iptables-legacy-save: ');
  for (const to of TARGETS) expect(await bed.asker.probe({ to, port: 80 })).toMatchObject([{ ok: true }]);
  await daemon.stop();
});
