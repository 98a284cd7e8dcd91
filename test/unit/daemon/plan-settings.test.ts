import { describe, expect, it } from 'vitest';
import { type LoadedConfig, parseConfig } from '../../../src/config/load-config.ts';
import { pacingOf, planSettingsOf } from '../../../src/daemon/plan-settings.ts';

const SECTIONS = `
iptables: {masqueradeBit: 3, masqueradeAll: false, minSyncPeriod: 2s}
nftables: {masqueradeBit: 5, masqueradeAll: true}
`;

function load(fields: string, flags: ReadonlyMap<string, readonly string[]> = new Map()): LoadedConfig {
  const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
  return parseConfig(head + fields, { file: 'config.conf', flags });
}

function planConfigOf(fields: string) {
  return planSettingsOf(load(fields).config, 'node-1').config;
}

describe('the settings of the mode', () => {
  it.each([
    ['iptables', { masqueradeBit: 3, masqueradeAll: false }],
    ['nftables', { masqueradeBit: 5, masqueradeAll: true }],
  ])('come from its own section: %s', (mode, expected) => {
    expect(planConfigOf(`mode: ${mode}${SECTIONS}`)).toMatchObject(expected);
  });

  it('space syncs only where they were set for this mode', () => {
    const pacingIn = (mode: string) => {
      const { config, setFields } = load(`mode: ${mode}${SECTIONS}`);
      return pacingOf(config, setFields);
    };
    expect(pacingIn('iptables')).toEqual({ minSyncPeriodMs: 2_000 });
    expect(pacingIn('nftables')).toEqual({ minSyncPeriodMs: undefined });
  });
});

describe('nodePortAddresses', () => {
  it.each([
    ['[primary, localhost]', ['primary', '127.0.0.0/8', '::1/128']],
    ['[all]', ['0.0.0.0/0', '::/0']],
    ['[10.1.2.3/8]', ['10.0.0.0/8']],
  ])('of %s are networks, and the primary address', (entries, expected) => {
    expect(planConfigOf(`nodePortAddresses: ${entries}`).nodePortAddresses).toEqual(expected);
  });

  it('are the primary address by default in nftables mode alone', () => {
    expect(planConfigOf('mode: nftables').nodePortAddresses).toEqual(['primary']);
    expect(planConfigOf('mode: iptables').nodePortAddresses).toEqual([]);
  });

  it.each([
    ['mode: iptables', true],
    ['mode: iptables\niptables: {localhostNodePorts: false}', false],
    ['mode: nftables', false],
    ['mode: nftables\nnodePortAddresses: [all]', false],
    ['mode: nftables\nnodePortAddresses: [primary, localhost]', true],
    ['mode: nftables\nnodePortAddresses: [127.0.0.0/8]', true],
  ])('of %j serve NodePorts on 127.0.0.1: %s', (fields, expected) => {
    expect(planConfigOf(fields).localhostNodePorts).toBe(expected);
  });
});
