// NodePorts on 127.0.0.1, and that what else listens there stays out of the reach of neighbours.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Lab } from '../../../src/lab/lab.ts';
import { EchoServer } from '../../../src/lab/traffic/echo-server.ts';
import { aGlobalPlan } from '../../builders/iptables-plans.ts';
import { cidr } from '../../builders/records.ts';
import { runIn, writeSkeleton } from './skeleton-bed.ts';

const PRIVATE_PORT = 9000;

let lab: Lab;
let privateServer: EchoServer;
beforeAll(async () => {
  lab = await Lab.start({
    nodes: [{ name: 'node-1' }, { name: 'node-2' }],
    pods: [
      { name: 'pod-1', node: 'node-1' },
      { name: 'pod-2', node: 'node-2' },
    ],
  });
  const { netns } = lab.node('node-1');
  runIn(netns, 'sysctl', ['-qw', 'net.ipv4.conf.all.route_localnet=1']);
  expect(
    writeSkeleton(netns, {
      family: 'IPv4',
      global: aGlobalPlan({
        localDetector: { kind: 'source-cidr', cidr: cidr('10.244.1.0/24') },
        hasLocalhostNodePorts: true,
      }),
      affinitySeconds: [],
    }),
  ).toEqual([]);
  privateServer = new EchoServer(netns, 'private');
  for (const protocol of ['TCP', 'UDP'] as const)
    await privateServer.listen({ ip: '127.0.0.1', port: PRIVATE_PORT, protocol });
});
afterAll(async () => {
  privateServer.close();
  await lab.close();
});

it.each(['pod-1', 'pod-2'])('a NodePort on 127.0.0.1 reaches %s', async (pod) => {
  const node = lab.node('node-1');
  const nft = (action: string, ...element: string[]) =>
    runIn(node.netns, 'nft', [action, 'element', 'ip', 'kube-proxy', ...element]);
  const elements: [string, string, string][] = [
    ['endpoints', '0.0.0.0 . tcp . 30080 . 0', `: ${lab.pod(pod).ips.IPv4} . 8080`],
    ['local-external-frontends', '0.0.0.0 . tcp . 30080', ''],
    ['frontends-1', '0.0.0.0 . tcp . 30080', ''],
  ];
  for (const [map, key, value] of elements) nft('add', map, `{ ${key} ${value} }`);
  const [attempt] = await node.probe({ to: '127.0.0.1', port: 30_080, timeoutMs: 5000 });
  expect(attempt).toMatchObject({ ok: true, answer: { name: pod, peer: { ip: node.ips.IPv4 } } });
  for (const [map, key] of elements) nft('delete', map, `{ ${key} }`);
});

it('a neighbour does not reach what listens on 127.0.0.1, and would without the rule', async () => {
  const neighbour = lab.node('node-2');
  runIn(neighbour.netns, 'sysctl', ['-qw', 'net.ipv4.conf.all.route_localnet=1']);
  runIn(neighbour.netns, 'ip', ['address', 'del', '127.0.0.1/8', 'dev', 'lo']);
  runIn(neighbour.netns, 'ip', ['route', 'add', '127.0.0.0/8', 'via', lab.node('node-1').ips.IPv4]);
  const reach = async (protocol: 'TCP' | 'UDP') => {
    const source = { fromIp: neighbour.ips.IPv4, timeoutMs: 500 };
    const attempts = await neighbour.probe({ to: '127.0.0.1', port: PRIVATE_PORT, protocol, ...source });
    return attempts.map((attempt) => (attempt.ok ? attempt.answer.name : attempt.error));
  };
  expect(await reach('TCP')).toEqual(['ETIMEDOUT']);
  expect(await reach('UDP')).toEqual(['ETIMEDOUT']);

  runIn(lab.node('node-1').netns, 'nft', ['flush', 'chain', 'ip', 'kube-proxy', 'filter-input']);
  expect(await reach('TCP')).toEqual(['private']);
  expect(await reach('UDP')).toEqual(['private']);
});
