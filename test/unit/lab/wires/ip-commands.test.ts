import { describe, expect, it } from 'vitest';
import {
  bridgeLines,
  bridgeLinkLines,
  clientLines,
  clientRuleLines,
  controlPlaneLines,
  nodeLines,
  podLines,
  podLinkLines,
  podRouteLines,
} from '../../../../src/lab/wires/ip-commands.ts';
import { createPodHost, createTopology, type NodeHost } from '../../../../src/lab/wires/topology.ts';

const topology = createTopology(
  'x-',
  [{ name: 'node-1', extraIps: ['2001:db8:2::51'] }, { name: 'node-2' }],
  [],
);
const node = topology.nodes[0] as NodeHost;
const pod = createPodHost('x-', { name: 'a', node: 'node-1' }, { node, number: 1 });

describe('the lines for ip -batch', () => {
  it('never make a link in the namespace that they are run in', () => {
    const lines = [...bridgeLinkLines(topology), ...podLinkLines([pod])];
    const links = lines.map((line) => ({ line, ends: line.match(/netns x-/g)?.length }));
    expect(links.map(({ ends }) => ends)).toEqual(links.map(({ line }) => (line.includes('veth') ? 2 : 1)));
  });

  it('make the bridge before its ports', () => {
    expect(bridgeLinkLines(topology)[0]).toContain('type bridge');
  });

  it('plug every port into the bridge', () => {
    const made = bridgeLinkLines(topology).map((line) => /peer name (port\d+)/.exec(line)?.[1]);
    const plugged = bridgeLines(topology).map((line) => /set (port\d+) master/.exec(line)?.[1]);
    expect(plugged.filter(Boolean)).toEqual(made.filter(Boolean));
  });

  it('leave no IPv6 address to duplicate address detection', () => {
    const lines = [
      ...bridgeLines(topology),
      ...clientLines(topology),
      ...controlPlaneLines(topology),
      ...nodeLines(topology, node),
      ...podLines(pod),
      ...podRouteLines(pod),
    ];
    const addresses = lines.filter((line) => /^address add \S*:/.test(line));
    expect(addresses).not.toEqual([]);
    expect(addresses.filter((line) => !line.includes(' nodad'))).toEqual([]);
  });

  it('keep the further addresses of a host from being chosen as a source', () => {
    expect(nodeLines(topology, node)).toContain(
      'address add 2001:db8:2::51/128 dev eth0 nodad preferred_lft 0',
    );
  });

  it('route the pods of the other nodes, and no pod network of the node itself', () => {
    const vias = nodeLines(topology, node).filter((line) => line.startsWith('route add 10.244.'));
    expect(vias).toEqual(['route add 10.244.2.0/24 via 192.0.2.12']);
  });

  it('give the client a table for each node, chosen by the mark', () => {
    expect(clientRuleLines(topology)).toEqual(['rule add fwmark 1 table 1', 'rule add fwmark 2 table 2']);
    expect(clientLines(topology)).toContain('route add ::/0 via 2001:db8:2::12 dev eth0 table 2');
  });
});
