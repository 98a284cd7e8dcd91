import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ip, IpFamily } from '../../../src/model/ip.ts';
import type { ObjectKey } from '../../../src/model/names.ts';
import { HealthCheckServers, type ListenProblem } from '../../../src/status/health-check-servers.ts';
import type { HealthCheck } from '../../../src/status/snapshot.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { getRaw } from './sockets.ts';

const RECORDED = readFileSync(
  resolve(import.meta.dirname, '../../fixtures/kube-proxy/iptables-nft.hcnp.txt'),
  'utf8',
);
const LB_LOCAL = 'shop/lb-local' as ObjectKey;
const OTHER = 'shop/other' as ObjectKey;

let clock: FakeClock;
let problems: ListenProblem[];
let servers: HealthCheckServers;
let isProxyHealthy: boolean;

beforeEach(() => {
  clock = new FakeClock();
  problems = [];
  isProxyHealthy = true;
  servers = new HealthCheckServers({
    isProxyHealthy: () => isProxyHealthy,
    onError: (problem) => problems.push(problem),
    clock,
    log: { warn: () => {} },
  });
});

afterEach(() => servers.close());

/** The committed plan of a family has these. */
function follow(services: readonly HealthCheck[], family: IpFamily = 'IPv4'): void {
  servers.follow({ family, healthChecks: { ips: ['127.0.0.1' as Ip], services } });
}

describe('a healthCheckNodePort', () => {
  it('answers byte for byte as recorded', async () => {
    const port = await freePort();
    follow([{ service: LB_LOCAL, port, localEndpoints: 1 }]);
    expect(withoutDate(await answerOf(port))).toBe(withoutDate(RECORDED));
  });

  it('answers every path', async () => {
    const port = await freePort();
    follow([{ service: LB_LOCAL, port, localEndpoints: 1 }]);
    expect(await answerOf(port, '/anything?x')).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('follows the endpoints without a new socket', async () => {
    const port = await freePort();
    follow([{ service: LB_LOCAL, port, localEndpoints: 3 }]);
    expect(await answerOf(port)).toContain('X-Load-Balancing-Endpoint-Weight: 3\r\n');
    follow([{ service: LB_LOCAL, port, localEndpoints: 0 }]);
    const answer = await answerOf(port);
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toContain('"localEndpoints": 0');
    expect(problems).toEqual([]);
  });

  it('is bad while the rules do not follow the cluster', async () => {
    const port = await freePort();
    follow([{ service: LB_LOCAL, port, localEndpoints: 1 }]);
    isProxyHealthy = false;
    const answer = await answerOf(port);
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer).toContain('"serviceProxyHealthy": false');
  });

  it('closes with its Service', async () => {
    const port = await freePort();
    follow([{ service: LB_LOCAL, port, localEndpoints: 1 }]);
    await answerOf(port);
    follow([]);
    await expect(getRaw(port, '/')).rejects.toThrow('ECONNREFUSED');
  });

  it('moves to another port, and a port to another Service', async () => {
    const [first, second] = [await freePort(), await freePort()];
    follow([{ service: LB_LOCAL, port: first, localEndpoints: 1 }]);
    await answerOf(first);
    follow([
      { service: OTHER, port: first, localEndpoints: 2 },
      { service: LB_LOCAL, port: second, localEndpoints: 1 },
    ]);
    expect(await answerOf(first)).toContain('"name": "other"');
    expect(await answerOf(second)).toContain('"name": "lb-local"');
    expect(problems).toEqual([]);
  });

  it('says when its port is taken, and takes it when it is free', async () => {
    const port = await freePort();
    const occupant = await occupy(port);
    follow([{ service: LB_LOCAL, port, localEndpoints: 1 }]);
    await expect.poll(() => problems).toMatchObject([{ service: LB_LOCAL, port, ip: '127.0.0.1' }]);
    await new Promise((done) => occupant.close(done));
    await clock.advance(5_000);
    expect(await answerOf(port)).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('has the endpoints of its own family', async () => {
    const [four, six] = [await freePort(), await freePort()];
    follow([{ service: LB_LOCAL, port: four, localEndpoints: 4 }]);
    follow([{ service: LB_LOCAL, port: six, localEndpoints: 6 }], 'IPv6');
    expect(await answerOf(four)).toContain('"localEndpoints": 4');
    expect(await answerOf(six)).toContain('"localEndpoints": 6');
  });
});

async function answerOf(port: number, path = '/'): Promise<string> {
  await expect.poll(() => getRaw(port, path)).toContain('HTTP/1.1');
  return getRaw(port, path);
}

async function freePort(): Promise<number> {
  const server = await occupy(0);
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

function occupy(port: number): Promise<Server> {
  return new Promise((done) => {
    const server = createServer();
    server.listen(port, '127.0.0.1', () => done(server));
  });
}

function withoutDate(answer: string): string {
  return answer.replace(/^Date: .*$/m, '');
}
