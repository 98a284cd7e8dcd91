import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.ts';
import { type LoadedConfig, loadConfig } from '../../../src/config/load-config.ts';

const KUBEADM = join(import.meta.dirname, '../../fixtures/config/kubeadm.yaml');

function load(flags: Record<string, string | string[]>, file?: string): LoadedConfig {
  const texts = Object.entries(flags).map(([name, given]) => [name, [given].flat()] as const);
  return loadConfig({ file, flags: new Map(texts) });
}

function problemsOf(flags: Record<string, string | string[]>): string[] {
  try {
    load(flags);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('flags without a file', () => {
  it('set the fields, and count as set', () => {
    const { config, setFields, warnings } = load({
      'iptables-min-sync-period': '10s',
      'cluster-cidr': '10.0.0.0/8',
    });
    expect(config.iptables.minSyncPeriod).toEqual({ ms: 10_000 });
    expect(config.clusterCIDR).toBe('10.0.0.0/8');
    expect(setFields).toContain('iptables.minSyncPeriod');
    expect(warnings).toEqual([]);
  });

  it('can say zero where the file cannot', () => {
    expect(load({ 'iptables-min-sync-period': '0' }).config.iptables.minSyncPeriod.ms).toBe(0);
    expect(problemsOf({ 'iptables-sync-period': '0s' })).toContain(
      "  iptables.syncPeriod is '0s', but must be more than 0",
    );
  });

  it('set iptables periods and masqueradeAll for nftables mode, too', () => {
    const { nftables } = load({ 'iptables-sync-period': '1m', 'masquerade-all': 'true' }).config;
    expect(nftables).toMatchObject({ syncPeriod: { ms: 60_000 }, masqueradeAll: true });
  });

  it('add up where they have several values, and else the last one counts', () => {
    const { config } = load({
      'nodeport-addresses': ['10.0.0.0/8,192.168.0.0/16', 'fd00::/8'],
      'feature-gates': ['A=true,B=false', 'B=true'],
      v: ['2', '4'],
      vmodule: ['proxier=5,server*=9'],
    });
    expect(config.nodePortAddresses).toEqual(['10.0.0.0/8', '192.168.0.0/16', 'fd00::/8']);
    expect(config.featureGates).toEqual({ A: true, B: true });
    expect(config.logging.verbosity).toBe(4);
    expect(config.logging.vmodule).toEqual([
      { filePattern: 'proxier', verbosity: 5 },
      { filePattern: 'server*', verbosity: 9 },
    ]);
  });

  it('leave the default where an address is empty, as upstream', () => {
    const { config } = load({ 'bind-address': '', 'metrics-bind-address': '', 'proxy-mode': '' });
    expect(config.bindAddress).toBe('0.0.0.0');
    expect(config.metricsBindAddress).toEqual({ ip: '127.0.0.1', port: 10_249 });
    expect(config.mode).toBe('iptables');
  });

  it('tell all that is wrong at once', () => {
    expect(
      problemsOf({
        'iptables-masquerade-bit': '',
        'oom-score-adj': '1.5',
        'masquerade-all': 'yes',
        'iptables-sync-period': 'soon',
        'healthz-port': '70000',
      }),
    ).toEqual([
      'the command line cannot be used:',
      "  --iptables-masquerade-bit is '', but must be a whole number from 0 to 31",
      "  --masquerade-all is 'yes', but must be true or false",
      "  --iptables-sync-period is 'soon', but must be a duration with a unit, like 30s or 1h15m",
      "  --oom-score-adj is '1.5', but must be a whole number from -1000 to 1000",
      "  --healthz-port is '70000', but must be a port from 1 to 65535, or 0 for no server",
    ]);
  });
});

describe('the deprecated ports', () => {
  it.each<[Record<string, string>, string | undefined, number | undefined]>([
    [{ 'healthz-port': '1234' }, '0.0.0.0', 1234],
    [{ 'healthz-port': '1234', 'bind-address': '::' }, '::', 1234],
    [{ 'healthz-port': '1234', 'healthz-bind-address': '192.0.2.1' }, '192.0.2.1', 1234],
    [{ 'healthz-port': '1234', 'healthz-bind-address': '192.0.2.1:10' }, '192.0.2.1', 10],
    [{ 'healthz-port': '0' }, undefined, undefined],
    [{ 'healthz-port': '0', 'healthz-bind-address': '192.0.2.1:10' }, undefined, undefined],
  ])('work, with a warning: %j', (flags, ip, port) => {
    const { config, warnings } = load(flags);
    expect(config.healthzBindAddress).toEqual(ip === undefined ? undefined : { ip, port });
    expect(warnings).toEqual(['--healthz-port is deprecated: use --healthz-bind-address']);
  });
});

describe('flags with a file', () => {
  it('are ignored with a warning, but for logging and the name of the node', () => {
    const { config, warnings } = load(
      {
        'cluster-cidr': '192.0.2.0/24',
        'iptables-masquerade-bit': 'nonsense',
        'healthz-port': '0',
        'hostname-override': 'node-1',
        'logging-format': 'json',
        v: '4',
      },
      KUBEADM,
    );
    expect(config.clusterCIDR).toBe('10.244.0.0/16,fd00:10:244::/56');
    expect(config.healthzBindAddress?.port).toBe(10_256);
    expect(config.hostnameOverride).toBe('node-1');
    expect(config.logging).toMatchObject({ format: 'json', verbosity: 4 });
    expect(warnings).toEqual([
      '--iptables-masquerade-bit is ignored: with --config the file decides',
      '--cluster-cidr is ignored: with --config the file decides',
      '--healthz-port is ignored: with --config the file decides',
    ]);
  });
});
