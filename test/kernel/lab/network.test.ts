// The lab before any service proxy: who reaches whom, which source is seen, what errors look like, and that nothing is
// left of a lab, however it ends.
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../../../src/lab/lab.ts';
import type { Place } from '../../../src/lab/place.ts';
import { tally } from '../../../src/lab/traffic/tally.ts';

const FAMILIES = ['IPv4', 'IPv6'] as const;
const PROTOCOLS = ['TCP', 'UDP'] as const;

describe('a lab', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start({
      nodes: [{ name: 'node-1', extraIps: ['192.0.2.51', '2001:db8:2::51'] }, { name: 'node-2' }],
      pods: [
        { name: 'a', node: 'node-1', ports: [8080, 8081] },
        { name: 'b', node: 'node-2' },
        { name: 'victim', node: 'node-2' },
      ],
      clientExtraIps: ['198.18.0.10'],
    });
  });

  afterAll(() => lab.close());

  it.each(FAMILIES.flatMap((family) => PROTOCOLS.map((protocol) => ({ family, protocol }))))(
    'carries $protocol over $family from everywhere to every pod, with its own source',
    async ({ family, protocol }) => {
      const places: Place[] = [...lab.pods, ...lab.nodes, lab.client, lab.controlPlane];
      const pairs = places.flatMap((from) => lab.pods.map((to) => ({ from, to })));
      const seen = await Promise.all(
        pairs.map(async ({ from, to }) =>
          tally(await from.probe({ to: to.ips[family], port: 8080, protocol })),
        ),
      );
      expect(seen).toEqual(
        pairs.map(({ from, to }) => ({
          answeredBy: { [to.name]: 1 },
          sources: [from.ips[family]],
          errors: {},
        })),
      );
    },
  );

  it('tells which port of a pod has answered', async () => {
    const [attempt] = await lab.client.probe({ to: lab.pod('a').ips.IPv4, port: 8081 });
    expect(attempt).toMatchObject({ ok: true, answer: { local: { ip: lab.pod('a').ips.IPv4, port: 8081 } } });
  });

  it('sends from a chosen address and port', async () => {
    const from = { fromIp: '198.18.0.10', fromPort: 5555 };
    const [attempt] = await lab.client.probe({ to: lab.pod('b').ips.IPv4, port: 8080, ...from });
    expect(attempt).toMatchObject({ ok: true, answer: { peer: { ip: '198.18.0.10', port: 5555 } } });
  });

  it.each(PROTOCOLS)('reports thousands of refusals of %s, none of them rate limited', async (protocol) => {
    const target = { to: lab.pod('b').ips.IPv6, port: 9, protocol };
    expect(tally(await lab.client.probe({ ...target, count: 1000 })).errors).toEqual({ ECONNREFUSED: 1000 });
  });

  it.each(PROTOCOLS)('answers thousands of probes of %s that are wanted at once', async (protocol) => {
    const target = { to: lab.pod('a').ips.IPv4, port: 8080, protocol };
    const probes = Array.from({ length: 2000 }, () => lab.client.probe(target));
    expect(tally((await Promise.all(probes)).flat())).toMatchObject({ answeredBy: { a: 2000 }, errors: {} });
  });

  it('reports a time-out for an address that nobody has', async () => {
    const attempts = await lab.node('node-1').probe({ to: '10.96.0.1', port: 80, timeoutMs: 200 });
    expect(tally(attempts).errors).toEqual({ ETIMEDOUT: 1 });
  });

  it('lets the client enter through the node of its choice', async () => {
    const toVip = { to: '203.0.113.8', port: 9000, timeoutMs: 500 };
    await lab.node('node-2').exec('ip', ['address', 'add', '203.0.113.8/32', 'dev', 'eth0']);
    expect(tally(await lab.client.probe({ ...toVip, via: 'node-2' })).errors).toEqual({ ECONNREFUSED: 1 });
    expect(tally(await lab.client.probe({ ...toVip, via: 'node-1' })).errors).toEqual({ ETIMEDOUT: 1 });
  });

  it('serves echo on all addresses of a node', async () => {
    const node = lab.node('node-1');
    await node.listen([9001]);
    const seen = await Promise.all(node.allIps.map((to) => lab.pod('b').probe({ to, port: 9001 })));
    expect(tally(seen.flat()).answeredBy).toEqual({ 'node-1': 4 });
  });

  it('shows the death of a pod to transfers and loops', async () => {
    const target = { to: lab.pod('victim').ips.IPv4, port: 8080, timeoutMs: 200 };
    const transfers = await Promise.all(
      PROTOCOLS.map((protocol) => lab.client.transfer({ ...target, protocol })),
    );
    const loop = await lab.pod('victim').loop({ ...target, to: lab.pod('a').ips.IPv4 });
    const failing = await lab.client.loop(target);
    await untilEchoed(transfers[0]);
    await lab.killPod('victim');
    const [tcp, udp] = await Promise.all(transfers.map((transfer) => transfer.stop()));
    expect(tcp?.error?.code).toMatch(/EOF|ECONNRESET/);
    expect(udp?.echoedCount).toBeGreaterThan(0);
    const { errors, answeredBy } = tally((await failing.stop()).attempts);
    expect(answeredBy['victim']).toBeGreaterThan(0);
    expect(Object.keys(errors)).not.toEqual([]);
    await loop.stop();
  });

  it('adds a pod at run time', async () => {
    await lab.addPods([{ name: 'late', node: 'node-1' }]);
    expect(tally(await lab.client.probe({ to: lab.pod('late').ips.IPv6, port: 8080 })).errors).toEqual({});
  });

  it('opens a socket in the control plane for a server of this process', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end('{"name":"api"}\n');
    });
    server.listen({ fd: lab.openControlPlaneSocket({ ip: lab.controlPlane.ips.IPv4, port: 6443 }) });
    const attempts = await lab.node('node-1').probe({ to: lab.controlPlane.ips.IPv4, port: 6443 });
    server.close();
    expect(attempts[0]).toMatchObject({ ok: true, answer: { name: 'api' } });
  });
});

describe('the end of a lab', () => {
  it('removes namespaces, processes and files on close', async () => {
    const lab = await Lab.start({ nodes: [{ name: 'node-1' }] });
    const orphan = execa('ip', ['netns', 'exec', lab.node('node-1').netns, 'sleep', '600'], {
      reject: false,
    });
    await untilRunning(lab.node('node-1').netns);
    await lab.close();
    expect(leftovers(lab)).toEqual([]);
    expect((await orphan).signal).toBe('SIGKILL');
  });

  it('removes all the same when the lab process is killed by SIGKILL', async () => {
    const child = execa(process.execPath, [`${import.meta.dirname}/abandoned-lab.ts`], { reject: false });
    const lab = JSON.parse(String(await once(child.stdout, 'data')));
    expect(leftovers(lab)).not.toEqual([]);
    child.kill('SIGKILL');
    await child;
    await until(() => leftovers(lab).length === 0);
    await until(() => !existsSync(`/proc/${lab.orphanPid}`));
  });
});

function leftovers({ prefix, directory }: { readonly prefix: string; readonly directory: string }): string[] {
  const names = readdirSync('/run/netns').filter((name) => name.startsWith(prefix));
  return existsSync(directory) ? [...names, directory] : names;
}

function untilEchoed(transfer: Awaited<ReturnType<Place['transfer']>> | undefined): Promise<void> {
  return until(async () => ((await transfer?.report())?.echoedCount ?? 0) > 10);
}

function untilRunning(netns: string): Promise<void> {
  return until(async () => (await execa('ip', ['netns', 'pids', netns])).stdout !== '');
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error('it did not happen within 20 s');
    await sleep(20);
  }
}
