// The reflector and the client over real connections, against the server that breaks at random: what a broken answer looks
// like to node:http is part of the test here. Time passes a thousand times as fast.
import { once } from 'node:events';
import http, { type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiClient } from '../../../src/kube/api-client.ts';
import { KubeApiError } from '../../../src/kube/api-error.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import { services } from '../../../src/kube/resources.ts';
import type { ServiceRecord } from '../../../src/model/records.ts';
import { type Clock, systemClock } from '../../../src/util/clock.ts';
import { createIntern } from '../../../src/util/intern.ts';
import { type Fault, FaultInjectingApi } from '../../fakes/fault-injecting-api.ts';
import { Mirror } from '../../fakes/mirror.ts';

const fastClock: Clock = {
  nowMs: () => systemClock.nowMs() * 1_000,
  after: (delayMs, callback) => systemClock.after(delayMs / 1_000, callback),
};

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('garbage' as const, 'truncated', 'cut', 'closed', 'half-open'),
    afterLines: fc.nat(4),
  }),
  fc.record({
    kind: fc.constant('status' as const),
    status: fc.constantFrom(410, 429, 500, 503),
    retryAfterMs: fc.constantFrom(0, 2_000),
  }),
);

describe('Reflector over HTTP', () => {
  it('ends with the state of the server, whatever the connections do', async () => {
    const schedules = fc.tuple(fc.array(fault, { maxLength: 6 }), fc.constantFrom('yes' as const, 'refused'));
    const property = fc.asyncProperty(schedules, async ([faults, watchList]) => {
      await connectionsUntilEqual({ faults, watchList, clock: fastClock });
    });
    await fc.assert(property, { numRuns: 30 });
  }, 60_000);

  it('uses one connection for all pages of a list and the watch after it', { timeout: 60_000 }, async () => {
    const connections = await connectionsUntilEqual({ faults: [], watchList: 'refused', clock: systemClock });
    expect(connections).toBe(1);
  });
});

interface Run {
  readonly faults: readonly Fault[];
  readonly watchList: 'yes' | 'refused';
  readonly clock: Clock;
}

/** Fails unless the reflector gets to the state of the server. Gives how many connections it took. */
async function connectionsUntilEqual({ faults, watchList, clock }: Run): Promise<number> {
  const api = new FaultInjectingApi({
    clock,
    faults,
    watchList,
    knowsFieldSelector: true,
    expiry: 'status',
    staleness: 0,
    pageSize: 2,
    chunkBytes: 50,
  });
  const { server, credentials, sockets, connections } = await serve(api);
  const client = new ApiClient({ credentials, userAgent: 'fairlead/test' });
  const mirror = new Mirror<ServiceRecord>();
  const reflector = new Reflector({
    resource: services,
    client,
    onEvent: mirror.onEvent,
    intern: createIntern(),
    clock,
    random: Math.random,
    log: { warn: () => {} },
  });
  for (const name of ['a', 'b', 'c', 'd', 'e']) api.put(name);
  reflector.start();
  await expect.poll(() => held(mirror), { timeout: 20_000 }).toEqual(wanted(api));
  api.delete('b');
  api.put('f');
  await expect.poll(() => held(mirror), { timeout: 20_000 }).toEqual(wanted(api));

  await reflector.stop();
  client.close();
  await expect.poll(sockets, { timeout: 20_000 }).toBe(0);
  server.close();
  return connections();
}

function held(mirror: Mirror<ServiceRecord>): string[] {
  if (!mirror.isSynced) return ['not synced'];
  return Array.from(
    mirror.records.values(),
    ({ name, resourceVersion }) => `${name}@${resourceVersion}`,
  ).sort();
}

function wanted(api: FaultInjectingApi): string[] {
  return Array.from(api.state(), ([name, version]) => `${name}@${version}`).sort();
}

async function serve(api: FaultInjectingApi) {
  let sockets = 0;
  let connections = 0;
  const server = http.createServer((request, answer) => void respond(api, request.url ?? '', answer));
  server.on('connection', (socket) => {
    sockets += 1;
    connections += 1;
    socket.on('close', () => {
      sockets -= 1;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const tls = {};
  const credentials = {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    resolve: async () => ({ tls, headers: {} }),
  };
  return { server, credentials, sockets: () => sockets, connections: () => connections };
}

async function respond(api: FaultInjectingApi, path: string, answer: ServerResponse): Promise<void> {
  const closed = new AbortController();
  answer.on('close', () => closed.abort());
  try {
    const body = await api.get(path, closed.signal);
    answer.flushHeaders();
    for await (const chunk of body) answer.write(chunk);
    answer.end();
  } catch (error) {
    if (!(error instanceof KubeApiError) || answer.headersSent) return void answer.destroy();
    const retryAfter = error.retryAfterMs ? { 'Retry-After': error.retryAfterMs / 1000 } : {};
    answer
      .writeHead(error.status, retryAfter)
      .end(JSON.stringify({ message: error.message, reason: error.reason }));
  }
}
