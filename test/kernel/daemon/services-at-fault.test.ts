// Services that cannot have what they ask for: their owners learn it by Events, and nobody else suffers.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpointChainName } from '../../../src/dataplane/iptables/names.ts';
import { ip } from '../../builders/records.ts';
import { type Bed, type Beds, closeBeds, startBeds, startSynced } from './bed.ts';
import { DATAPLANES, IPTABLES } from './dataplanes.ts';
import { deleteService, putService } from './manifests.ts';
import { runOn } from './run-on.ts';
import { until } from './until.ts';

const EXTERNAL_IP = '203.0.113.77';
/** web-2-1 and web-2-2. */
const [ENDPOINT_1, ENDPOINT_2] = ['10.244.2.1', '10.244.2.2'];

let beds: Beds;
beforeAll(async () => {
  beds = await startBeds(DATAPLANES);
});
afterAll(() => closeBeds(beds));

describe('a Service whose affinity needs a set that somebody has taken the name of', () => {
  it.concurrent.each(IPTABLES)('waits for it, while all others are served (%s)', async (dataplane) => {
    const bed = beds[dataplane];
    const set = endpointChainName(
      { namespace: 'shop', name: 'refused', portName: '', protocol: 'TCP' },
      ip(ENDPOINT_1),
      8080,
    );
    await runOn(bed, ['ipset', 'create', set, 'bitmap:port', 'range', '0-1023']);
    const spec = { sessionAffinity: 'ClientIP' };
    const refusedAtStart = putService(bed, { name: 'refused', endpoints: [ENDPOINT_1], spec });
    const daemon = await startSynced(bed);
    const fine = putService(bed, { name: 'fine', endpoints: [ENDPOINT_1], spec });
    await until('the other Service is served', () => answers(bed, fine));
    expect(await answers(bed, '10.96.1.1')).toMatch(/^web-/);
    expect(await answers(bed, refusedAtStart)).toBe('');
    await until('its owner is told', async () => eventsOf(bed, 'refused').includes('FailedToProgramService'));
    expect(eventsOf(bed, 'fine')).toEqual([]);

    await runOn(bed, ['ipset', 'destroy', set]);
    const startedAt = performance.now();
    await until('it is served after all', () => answers(bed, refusedAtStart));
    console.log(
      `${dataplane}: served ${Math.round(performance.now() - startedAt)} ms after the cause was gone`,
    );
    await daemon.stop();
  });
});

describe('two Services with one external IP', () => {
  it.concurrent.each(DATAPLANES)(
    'the older has it, the younger is told, and inherits it (%s)',
    async (dataplane) => {
      const bed = beds[dataplane];
      const spec = { externalIPs: [EXTERNAL_IP] };
      putService(bed, { name: 'older', endpoints: [ENDPOINT_1], spec });
      // Ages are whole seconds.
      await sleep(1_100);
      putService(bed, { name: 'elder-by-name', endpoints: [ENDPOINT_2], spec });
      const daemon = await startSynced(bed);
      expect(await answers(bed, EXTERNAL_IP)).toBe('web-2-1');
      await until('its owner is told', async () =>
        eventsOf(bed, 'elder-by-name').includes('FrontendConflict'),
      );
      expect(eventsOf(bed, 'older')).toEqual([]);

      deleteService(bed, 'older');
      const startedAt = performance.now();
      await until('the younger answers', async () => (await answers(bed, EXTERNAL_IP)) === 'web-2-2');
      console.log(`${dataplane}: inherited after ${Math.round(performance.now() - startedAt)} ms`);
      await daemon.stop();
    },
  );
});

/** The name of who answers, or nothing. */
async function answers({ asker }: Bed, to: string): Promise<string> {
  const [attempt] = await asker.probe({ to, port: 80, timeoutMs: 500 });
  return attempt?.ok ? attempt.answer.name : '';
}

/** The reasons of the Events about the Service. */
function eventsOf({ controlPlane }: Bed, name: string): string[] {
  return controlPlane.cluster.store
    .list('events')
    .filter((event) => (event['involvedObject'] as { name?: string }).name === name)
    .map(({ reason }) => String(reason));
}
