import { describe, expect, it } from 'vitest';
import { listStrategiesOf } from '../../../../src/lab/api-server/list-strategies.ts';
import { nodes, services } from '../../../../src/lab/api-server/resources.ts';
import { daemonSets } from '../../../../src/lab/api-server/stored-resources.ts';
import { applyStrategicMergePatch } from '../../../../src/lab/api-server/strategic-merge-patch.ts';

const http = { name: 'http', port: 80, protocol: 'TCP' };
const https = { name: 'https', port: 443, protocol: 'TCP' };

function patchPorts(ports: readonly object[], patch: object): unknown {
  const lists = listStrategiesOf(services);
  const result = applyStrategicMergePatch(
    { spec: { ports, externalIPs: ['192.0.2.1'] } },
    { spec: patch },
    lists,
  );
  return (result as { spec: { ports: unknown } }).spec.ports;
}

describe('strategic merge patch of Services', () => {
  it('merges ports by their number', () => {
    const patch = {
      ports: [
        { port: 443, nodePort: 30443 },
        { port: 8080, name: 'more' },
      ],
    };
    expect(patchPorts([http, https], patch)).toEqual([
      http,
      { ...https, nodePort: 30443 },
      { port: 8080, name: 'more' },
    ]);
  });

  it('deletes a port, also one that is not there', () => {
    const patch = {
      ports: [
        { $patch: 'delete', port: 80 },
        { $patch: 'delete', port: 1 },
      ],
    };
    expect(patchPorts([http, https], patch)).toEqual([https]);
  });

  it('replaces all ports when told so', () => {
    expect(patchPorts([http, https], { ports: [{ $patch: 'replace' }, { port: 1 }] })).toEqual([{ port: 1 }]);
  });

  it('orders ports as kubectl apply says', () => {
    const patch = {
      '$setElementOrder/ports': [{ port: 1 }, { port: 443 }, { port: 80 }],
      ports: [{ port: 1 }],
    };
    expect(patchPorts([http, https], patch)).toEqual([{ port: 1 }, https, http]);
  });

  it('reorders without changing anything', () => {
    const patch = { '$setElementOrder/ports': [{ port: 443 }, { port: 80 }] };
    expect(patchPorts([http, https], patch)).toEqual([https, http]);
  });

  it('replaces lists without a merge key', () => {
    const result = applyStrategicMergePatch(
      { spec: { externalIPs: ['192.0.2.1'] } },
      { spec: { externalIPs: ['192.0.2.2'] } },
      listStrategiesOf(services),
    );
    expect(result).toEqual({ spec: { externalIPs: ['192.0.2.2'] } });
  });

  it('removes with null, replaces and keeps parts of objects by directive', () => {
    const merge = (target: object, patch: Record<string, unknown>): unknown =>
      applyStrategicMergePatch(target, patch, {});
    expect(merge({ a: { b: 1, c: 2 } }, { a: { b: null } })).toEqual({ a: { c: 2 } });
    expect(merge({ a: { b: 1 } }, { a: { $patch: 'replace', c: 2 } })).toEqual({ a: { c: 2 } });
    expect(merge({ a: { b: 1 } }, { a: { $patch: 'delete' } })).toEqual({ a: {} });
    expect(merge({ a: { b: 1, c: 2 } }, { a: { $retainKeys: ['c', 'd'], d: 3 } })).toEqual({
      a: { c: 2, d: 3 },
    });
  });
});

describe('strategic merge patch of metadata and Nodes', () => {
  it('merges finalizers as a set and deletes single ones', () => {
    const merged = applyStrategicMergePatch(
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { finalizers: ['b', 'c'], '$deleteFromPrimitiveList/finalizers': ['a'] } },
      listStrategiesOf(services),
    );
    expect(merged).toEqual({ metadata: { finalizers: ['b', 'c'] } });
  });

  it('merges addresses by type', () => {
    const merged = applyStrategicMergePatch(
      { status: { addresses: [{ type: 'InternalIP', address: '192.0.2.1' }] } },
      { status: { addresses: [{ type: 'Hostname', address: 'node-1' }] } },
      listStrategiesOf(nodes),
    );
    expect(merged).toEqual({
      status: {
        addresses: [
          { type: 'InternalIP', address: '192.0.2.1' },
          { type: 'Hostname', address: 'node-1' },
        ],
      },
    });
  });
});

describe('strategic merge patch of DaemonSets', () => {
  const daemonSet = (podSpec: object) => ({ spec: { template: { spec: podSpec } } });
  const lock = { name: 'lock', mountPath: '/run/xtables.lock' };
  const modules = { name: 'modules', mountPath: '/lib/modules' };

  it('merges containers by name, and within them mounts by path and variables by name', () => {
    const container = { name: 'proxy', image: 'old', env: [{ name: 'A', value: '1' }], volumeMounts: [lock] };
    const patch = { name: 'proxy', env: [{ name: 'A', value: '2' }], volumeMounts: [modules] };
    const merged = applyStrategicMergePatch(
      daemonSet({ containers: [{ name: 'other' }, container], hostNetwork: true }),
      daemonSet({ containers: [patch] }),
      listStrategiesOf(daemonSets),
    );
    const both = { ...container, env: patch.env, volumeMounts: [lock, modules] };
    expect(merged).toEqual(daemonSet({ containers: [{ name: 'other' }, both], hostNetwork: true }));
  });

  it('deletes a mount and replaces commands and tolerations', () => {
    const container = { name: 'proxy', command: ['a', 'b'], volumeMounts: [lock, modules] };
    const patch = {
      name: 'proxy',
      command: ['c'],
      volumeMounts: [{ $patch: 'delete', mountPath: lock.mountPath }],
    };
    const merged = applyStrategicMergePatch(
      daemonSet({ initContainers: [container], tolerations: [{ key: 'a' }] }),
      daemonSet({ initContainers: [patch], tolerations: [{ operator: 'Exists' }] }),
      listStrategiesOf(daemonSets),
    );
    const rest = { name: 'proxy', command: ['c'], volumeMounts: [modules] };
    expect(merged).toEqual(daemonSet({ initContainers: [rest], tolerations: [{ operator: 'Exists' }] }));
  });
});
