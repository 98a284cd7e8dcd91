// UDP clients that keep their source port, real packets, and the daemon as it is shipped: what becomes of their flows.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Daemon } from '../../../src/lab/daemon.ts';
import {
  ask,
  clearFlows,
  deleteService,
  type FlowsBed,
  FRONTENDS,
  flowsById,
  flowsOf,
  NODE,
  nextRemoval,
  putEndpoints,
  putService,
  startDaemon,
  startFlowsBed,
  track,
} from './flows-bed.ts';

const { clusterIp, clusterIpV6, loadBalancerIp, port, nodePort } = FRONTENDS;

let bed: FlowsBed;
let daemon: Daemon;
let nextPort = 20_000;

beforeAll(async () => {
  bed = await startFlowsBed();
}, 60_000);

afterAll(async () => {
  await bed?.lab.close();
});

describe('a UDP client that keeps its source port', () => {
  let fromPort: number;

  beforeEach(async () => {
    fromPort = nextPort++;
    putService(bed);
    putEndpoints(bed, 'first');
    await clearFlows(bed);
    daemon = await startDaemon(bed);
  });

  afterEach(async () => {
    await daemon.stop();
  });

  it.each([
    ['the ClusterIP', { to: clusterIp, port }],
    ['the ClusterIP of IPv6', { to: clusterIpV6, port }],
    ['the load-balancer IP', { to: loadBalancerIp, port, via: NODE }],
    ['a NodePort', { to: '192.0.2.11', port: nodePort, via: NODE }],
  ])('reaches the new endpoint through %s, and the old one as long as it serves', async (_, target) => {
    const place = 'via' in target ? bed.lab.client : bed.asker;
    const options = { ...target, fromPort };
    expect(await ask(place, options)).toBe('first');
    await synced(() => putEndpoints(bed, 'first', 'second'));
    expect(await ask(place, options)).toBe('first');
    const removal = nextRemoval(daemon, target.to.includes(':') ? 'IPv6' : 'IPv4');
    putEndpoints(bed, 'second');
    expect(await removal).toMatchObject({ removed: 1 });
    expect(await ask(place, options)).toBe('second');
  });

  it('is refused when the last endpoint left, and served when there is one again', async () => {
    const options = { to: clusterIp, port, fromPort };
    expect(await ask(bed.asker, options)).toBe('first');
    const removal = nextRemoval(daemon);
    putEndpoints(bed);
    await removal;
    expect(await ask(bed.asker, options)).toBe('ECONNREFUSED');
    await synced(() => putEndpoints(bed, 'second'));
    expect(await ask(bed.asker, options)).toBe('second');
  });

  it('gets no answer any more from a Service that was deleted', async () => {
    const options = { to: clusterIp, port, fromPort };
    expect(await ask(bed.asker, options)).toBe('first');
    const removal = nextRemoval(daemon);
    deleteService(bed);
    await removal;
    expect(await ask(bed.asker, options)).not.toBe('first');
  });

  it('gets no answer any more on a port that was changed', async () => {
    const options = { to: clusterIp, port, fromPort };
    expect(await ask(bed.asker, options)).toBe('first');
    const removal = nextRemoval(daemon);
    putService(bed, 54);
    await removal;
    expect(await ask(bed.asker, options)).not.toBe('first');
    expect(await ask(bed.asker, { ...options, port: 54 })).toBe('first');
  });

  it('reaches a Service that it asked before the Service was there', async () => {
    const options = { to: loadBalancerIp, port, via: NODE, fromPort };
    await synced(() => deleteService(bed));
    expect(await ask(bed.lab.client, options)).toBe('ETIMEDOUT');
    expect(await flowsOf(bed)).toEqual([`${loadBalancerIp}:${port} <- ${loadBalancerIp}:${port}`]);
    const removal = nextRemoval(daemon);
    putService(bed);
    await removal;
    expect(await ask(bed.lab.client, options)).toBe('first');
  });

  it('reaches a Service whose rules were gone for a while', async () => {
    const options = { to: loadBalancerIp, port, via: NODE, fromPort };
    process.kill(daemon.pid, 'SIGSTOP');
    await bed.lab.node(NODE).exec('iptables-nft', ['-t', 'nat', '-F', 'PREROUTING']);
    expect(await ask(bed.lab.client, options)).toBe('ETIMEDOUT');
    const removal = nextRemoval(daemon);
    process.kill(daemon.pid, 'SIGCONT');
    expect(await removal).toMatchObject({ removed: 1 });
    expect(await ask(bed.lab.client, options)).toBe('first');
  });

  it('keeps its flow over a restart, and one that got stale meanwhile goes', async () => {
    const options = { to: clusterIp, port, fromPort };
    expect(await ask(bed.asker, options)).toBe('first');
    await daemon.stop();
    const before = await flowsById(bed, 'IPv4');
    const source = { ip: bed.asker.ips.IPv4, port: nextPort++ };
    track(bed, {
      protocol: 'UDP',
      source,
      destination: { ip: clusterIp, port },
      replySource: { ip: '10.244.2.99', port: 8080 },
    });
    daemon = await startDaemon(bed);
    const removal = daemon.waitFor(({ msg }) => msg === 'stale UDP flows removed');
    expect(await removal).toMatchObject({ removed: 1 });
    expect(await flowsById(bed, 'IPv4')).toEqual(before);
  });
});

describe('flows that others translate', () => {
  beforeAll(async () => {
    // As a hostPort or Docker does it: on an address of the node, and on another address with our port number.
    await bed.lab.node(NODE).exec('nft', ['-f', '-'], {
      input: `table ip foreign {
        chain prerouting {
          type nat hook prerouting priority dstnat - 10;
          ip daddr 192.0.2.11 udp dport 9053 dnat to ${bed.lab.pod('first').ips.IPv4}:8080
          ip daddr 203.0.113.77 udp dport { ${port}, ${nodePort} } dnat to ${bed.lab.pod('first').ips.IPv4}:8080
        }
      }`,
    });
  });

  it('outlive all that happens to our Service', async () => {
    putService(bed);
    putEndpoints(bed, 'first');
    await clearFlows(bed);
    daemon = await startDaemon(bed);
    const fromPort = nextPort++;
    const targets = [
      { to: '192.0.2.11', port: 9053 },
      { to: '203.0.113.77', port },
      { to: '203.0.113.77', port: nodePort },
    ];
    for (const target of targets)
      expect(await ask(bed.lab.client, { ...target, via: NODE, fromPort })).toBe('first');
    expect(await ask(bed.asker, { to: clusterIp, port, fromPort })).toBe('first');
    const foreign = (await flowsOf(bed)).filter((flow) =>
      targets.some(({ to }) => flow.startsWith(`${to}:`)),
    );
    expect(foreign).toHaveLength(3);

    for (const change of [() => putEndpoints(bed, 'second'), () => deleteService(bed)]) {
      expect(await ask(bed.asker, { to: clusterIp, port, fromPort })).not.toBe('ETIMEDOUT');
      const removal = nextRemoval(daemon);
      change();
      expect(await removal).toMatchObject({ removed: 1 });
      expect(await flowsOf(bed)).toEqual(expect.arrayContaining(foreign));
    }
    await daemon.stop();
  });
});

/** Makes a change and waits until the kernel has it, in both families. */
async function synced(change: () => void): Promise<void> {
  const since = daemon.events.length;
  change();
  for (const family of ['IPv4', 'IPv6'])
    await daemon.waitFor((event) => event['cause'] === 'changes' && event['family'] === family, { since });
}
