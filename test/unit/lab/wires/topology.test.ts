import { describe, expect, it } from 'vitest';
import { allIps, createPodHost, createTopology, hostCidr } from '../../../../src/lab/wires/topology.ts';

const topology = createTopology(
  'x-',
  [{ name: 'node-1' }, { name: 'node-2', zone: 'b', extraIps: ['192.0.2.51'] }],
  ['198.18.0.10'],
);

describe('the topology of a lab', () => {
  it('gives node N the addresses that the recorded objects use', () => {
    expect(topology.nodes[1]).toMatchObject({
      ips: { IPv4: '192.0.2.12', IPv6: '2001:db8:2::12' },
      podCidrs: { IPv4: '10.244.2.0/24', IPv6: 'fd00:10:244:2::/64' },
      zone: 'b',
    });
  });

  it('gives the K-th pod of a node the addresses that end in K', () => {
    const [, node] = topology.nodes;
    if (!node) throw new Error('no second node');
    const pod = createPodHost('x-', { name: 'a', node: 'node-2' }, { node, number: 7 });
    expect(pod.ips).toEqual({ IPv4: '10.244.2.7', IPv6: 'fd00:10:244:2::7' });
  });

  it('begins every namespace with the prefix, by which it will be removed', () => {
    const { nodes, client, controlPlane, wires } = topology;
    const names = [...nodes, client, controlPlane].map(({ netns }) => netns);
    expect([...names, wires].filter((name) => !name.startsWith('x-'))).toEqual([]);
  });

  it('lists further addresses after the first of each family', () => {
    expect(allIps(topology.client)).toEqual(['198.51.100.10', '2001:db8:51::10', '198.18.0.10']);
  });

  it('makes a network of one address', () => {
    expect([hostCidr('192.0.2.1'), hostCidr('fd00::1')]).toEqual(['192.0.2.1/32', 'fd00::1/128']);
  });
});
