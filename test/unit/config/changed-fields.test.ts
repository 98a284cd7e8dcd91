import { describe, expect, it } from 'vitest';
import { changedFields } from '../../../src/config/changed-fields.ts';
import { parseConfig } from '../../../src/config/load-config.ts';

function load(fields: string) {
  const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
  return parseConfig(head + fields, { file: 'config.conf', flags: new Map() });
}

describe('changedFields', () => {
  it('names the fields with what they were and are', () => {
    const before = load(
      'clusterCIDR: 10.0.0.0/8\nnodePortAddresses: [10.0.0.0/8]\niptables: {masqueradeBit: 3}',
    );
    const after = load(
      'hostnameOverride: x\niptables: {masqueradeBit: 4, minSyncPeriod: 90s, syncPeriod: 2m}',
    );
    expect(changedFields(before, after)).toEqual([
      'hostnameOverride: "" (default) -> x',
      'iptables.masqueradeBit: 3 -> 4',
      'iptables.syncPeriod: 30s (default) -> 2m0s',
      'iptables.minSyncPeriod: 1s (default) -> 1m30s',
      'clusterCIDR: 10.0.0.0/8 -> "" (default)',
      'nodePortAddresses: ["10.0.0.0/8"] -> null (default)',
    ]);
  });

  it('does not count comments, order, and other words for the same', () => {
    const before = load('oomScoreAdj: 1\niptables: {syncPeriod: 60s}\nmode: iptables');
    const after = load('# new\nmode: "iptables"\niptables:\n  syncPeriod: 1m\noomScoreAdj: 1\n');
    expect(changedFields(before, after)).toEqual([]);
  });

  it('counts a field that is set to its default, because sync adapts where none is set', () => {
    expect(changedFields(load(''), load('iptables: {minSyncPeriod: 1s}'))).toEqual([
      'iptables.minSyncPeriod: 1s (default) -> 1s',
    ]);
  });
});
