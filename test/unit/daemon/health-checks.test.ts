import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { createHealthChecks } from '../../../src/daemon/health-checks.ts';
import type { EventNote } from '../../../src/kube/event-object.ts';
import type { Ip } from '../../../src/model/ip.ts';
import type { ObjectKey } from '../../../src/model/names.ts';
import { aSnapshot } from '../../builders/status.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

it('tells the owner of a Service that its healthCheckNodePort is taken', async () => {
  const occupant = createServer();
  const port = await new Promise<number>((resolve) => {
    occupant.listen(0, '127.0.0.1', () => resolve((occupant.address() as { port: number }).port));
  });
  const events: EventNote[] = [];
  const healthChecks = createHealthChecks({
    nodeName: 'node-1',
    snapshot: aSnapshot,
    healthTimeoutMs: 60_000,
    record: (note) => events.push(note),
    clock: new FakeClock(),
    log: { warn: () => {} } as never,
  });
  const services = [{ service: 'shop/web' as ObjectKey, port, localEndpoints: 1 }];
  healthChecks.follow({ family: 'IPv4', healthChecks: { ips: ['127.0.0.1' as Ip], services } });
  await expect.poll(() => events.length).toBe(1);
  expect(events[0]).toMatchObject({
    regarding: { kind: 'Service', namespace: 'shop', name: 'web' },
    type: 'Warning',
    reason: 'FailedToStartServiceHealthcheck',
    action: 'Listen',
    note: expect.stringContaining(`healthCheckNodePort ${port} of 127.0.0.1: listen EADDRINUSE`),
  });
  healthChecks.close();
  occupant.close();
});
