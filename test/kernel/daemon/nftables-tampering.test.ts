// Who changes what nftables mode wrote is named, what others do in tables of their own costs nothing, and a start repairs what packets
// do not come through.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TABLE_NAME } from '../../../src/dataplane/nftables/names.ts';
import type { Daemon } from '../../../src/lab/daemon.ts';
import { type Bed, type Beds, closeBeds, isSync, startBeds, startSynced } from './bed.ts';
import { nftScript } from './nftables-listing.ts';
import { runOn } from './run-on.ts';
import { TARGETS } from './traffic.ts';
import { until } from './until.ts';

const ELEMENTS = 50_000;
const WRITES = 5;

let beds: Beds<'nftables'>;
let bed: Bed;
let daemon: Daemon;
beforeAll(async () => {
  beds = await startBeds(['nftables']);
  bed = beds.nftables;
  daemon = await startSynced(bed);
});
afterAll(() => closeBeds(beds));

it('names who did it in the log and in an Event of the Node, and counts the repair', async () => {
  await nftScript(bed, `flush map ip ${TABLE_NAME} endpoints`);
  const told = await daemon.waitFor(({ msg }) => msg === 'somebody else changed the rules');
  expect(told).toMatchObject({ family: 'IPv4', by: { name: 'nft', pid: expect.any(Number) } });
  await daemon.waitFor(({ msg }) => msg === 'rules were changed by somebody else, repaired them');
  await until('the Node has the Event', async () => eventsOfNode().some((note) => note.startsWith('nft ')));
  expect(eventsOfNode()).toEqual([expect.stringContaining('nft changed the IPv4 rules')]);
  expect(await metricsOf(bed)).toContain('fairlead_repairs_total{ip_family="IPv4"} 1\n');
});

it('does not even read when others write tens of thousands of elements', async () => {
  const since = daemon.events.length;
  const addresses = Array.from({ length: ELEMENTS }, (_, i) => `10.9.${i >> 8}.${i & 255}`);
  for (let i = 0; i < WRITES; i++) {
    await nftScript(
      bed,
      `table ip somebody { set those { type ipv4_addr; elements = { ${addresses} } }; }\n`,
    );
    await nftScript(bed, 'delete table ip somebody\n');
  }
  await sleep(3_000);
  expect(daemon.events.slice(since).filter((event) => isSync(event) || event.msg.includes('rules'))).toEqual(
    [],
  );
  // It still looks.
  await nftScript(bed, `flush map ip ${TABLE_NAME} endpoints`);
  await daemon.waitFor(({ msg }) => msg === 'rules were changed by somebody else, repaired them', { since });
});

it('lets packets through dormant tables again when it starts', async () => {
  await daemon.kill();
  expect(await answered()).toEqual([true, true]);
  for (const family of ['ip', 'ip6']) {
    await nftScript(bed, `add table ${family} ${TABLE_NAME} { flags dormant; }`);
  }
  expect(await answered()).toEqual([false, false]);
  daemon = await startSynced(bed);
  expect(await answered()).toEqual([true, true]);
});

/** By a ClusterIP of each family. */
function answered(): Promise<boolean[]> {
  return Promise.all(
    TARGETS.map(async (to) => (await bed.asker.probe({ to, port: 80 })).every(({ ok }) => ok)),
  );
}

function eventsOfNode(): string[] {
  return bed.controlPlane.cluster.store
    .list('events')
    .filter(({ reason }) => reason === 'ServiceRulesChanged')
    .map(({ message, note }) => String(note ?? message));
}

function metricsOf(where: Bed): Promise<string> {
  const script = "fetch('http://127.0.0.1:10249/metrics').then((answer) => answer.text()).then(console.log)";
  return runOn(where, [process.execPath, '-e', script]);
}
