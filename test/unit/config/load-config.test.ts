import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { dump } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.ts';
import { FIELDS } from '../../../src/config/fields.ts';
import {
  type ConfigSource,
  type LoadedConfig,
  loadConfig,
  parseConfig,
} from '../../../src/config/load-config.ts';
import { clusterCidrsOf } from '../../../src/config/rules.ts';

const KUBEADM = join(import.meta.dirname, '../../fixtures/config/kubeadm.yaml');
const SOURCE = { file: 'config.conf', flags: new Map() } satisfies ConfigSource;
const HEAD = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

function parse(fields: string): LoadedConfig {
  return parseConfig(HEAD + fields, SOURCE);
}

function problemsOf(fields: string): string[] {
  try {
    parse(fields);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n  ').slice(1);
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it("takes kubeadm's file, full of zeros and nulls, without a complaint", () => {
    const { config, warnings, setFields } = loadConfig({ file: KUBEADM, flags: new Map() });
    expect(warnings).toEqual([]);
    expect(config.clientConnection).toEqual({
      kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf',
      acceptContentTypes: '',
      contentType: 'application/vnd.kubernetes.protobuf',
      qps: 5,
      burst: 10,
    });
    expect(config.iptables).toEqual({
      masqueradeBit: 14,
      masqueradeAll: false,
      localhostNodePorts: true,
      syncPeriod: { ms: 30_000 },
      minSyncPeriod: { ms: 1_000 },
    });
    expect(clusterCidrsOf(config)).toEqual(['10.244.0.0/16', 'fd00:10:244::/56']);
    expect(setFields).toContain('clusterCIDR');
    expect([...setFields].filter((path) => /period|mode$|address(es)?$/i.test(path))).toEqual([
      'bindAddress',
    ]);
  });

  it('takes the same as JSON', () => {
    const { config } = parseConfig(
      '{"apiVersion":"kubeproxy.config.k8s.io/v1alpha1","kind":"KubeProxyConfiguration","iptables":{"masqueradeBit":0}}',
      { file: 'config.json', flags: new Map() },
    );
    expect(config.iptables.masqueradeBit).toBe(0);
  });

  it('says that the file cannot be read', () => {
    expect(() => loadConfig({ file: '/no/such/config.conf', flags: new Map() })).toThrow(
      /^\/no\/such\/config.conf cannot be used:\n {2}ENOENT.*, but must be a file that can be read$/,
    );
  });
});

describe('parseConfig', () => {
  it('gives each field its default when the file has none', () => {
    const { config, setFields } = parse('');
    expect(config).toMatchSnapshot();
    expect(setFields.size).toBe(0);
  });

  it('knows which fields were set', () => {
    expect(parse('iptables: {minSyncPeriod: 1s, syncPeriod: null}\noomScoreAdj: 0').setFields).toEqual(
      new Set(['iptables.minSyncPeriod', 'oomScoreAdj']),
    );
  });

  it('takes a zero for unset only where upstream does', () => {
    const { config } = parse(
      'iptables: {minSyncPeriod: 0s}\nconntrack: {tcpEstablishedTimeout: 0s, maxPerCore: 0}\noomScoreAdj: 0\nclientConnection: {qps: 0}',
    );
    expect(config.iptables.minSyncPeriod.ms).toBe(1_000);
    expect(config.conntrack.tcpEstablishedTimeout.ms).toBe(0);
    expect(config.conntrack.maxPerCore).toBe(0);
    expect(config.oomScoreAdj).toBe(0);
    expect(config.clientConnection.qps).toBe(5);
  });

  it('tells everything that is wrong at once, with path, value and remedy', () => {
    expect(
      problemsOf(
        [
          'mode: ipvs',
          'bindAddress: here',
          'metricsBindAddress: "0.0.0.0:0"',
          'nodePortAddresses: [primary, secondary]',
          'iptables: {masqueradeBit: 32, minSyncPeriod: 1}',
          'clientConnection: {burst: -1}',
          'logging: {format: xml, verbosity: 1.5}',
          'detectLocalMode: BridgeInterface',
          'conntrack: 5',
        ].join('\n'),
      ),
    ).toEqual([
      'clientConnection.burst is -1, but must be a whole number from 0 to 2147483647',
      "logging.format is 'xml', but must be one of text, json",
      'logging.verbosity is 1.5, but must be a whole number from 0 to 4294967295',
      "bindAddress is 'here', but must be an IP address",
      "metricsBindAddress is '0.0.0.0:0', but must be an IP address with a port, like 0.0.0.0:10249 or [::]:10249",
      'iptables.masqueradeBit is 32, but must be a whole number from 0 to 31',
      'iptables.minSyncPeriod is 1, but must be a duration with a unit, like 30s or 1h15m',
      'nodePortAddresses is [ \'primary\', \'secondary\' ], but must be a list of networks like 10.0.0.0/8, "primary", "localhost" and "all"',
      'conntrack is 5, but must be a section with fields of its own',
      'mode is \'ipvs\', but must be "iptables", "nftables" or empty: there is no other mode',
      "detectLocal.bridgeInterface is '', but must be the name of the bridge of the local pods",
    ]);
  });

  it.each([
    [
      'iptables: {minSyncPeriod: 2m}',
      "iptables.minSyncPeriod is '2m0s', but must be at most iptables.syncPeriod, which is 30s",
    ],
    [
      'iptables: {syncPeriod: 500ms}',
      "iptables.minSyncPeriod is '1s', but must be at most iptables.syncPeriod, which is 500ms",
    ],
    ['clusterCIDR: 10.0.0.0/8,10.1.0.0/16', 'clusterCIDR is'],
    ['clusterCIDR: 10.0.0.0/8,fd00::/48,fd01::/48', 'clusterCIDR is'],
    ['clusterCIDR: pods', 'clusterCIDR is'],
    ['iptables: {minSyncPeriod: -1s}', "iptables.minSyncPeriod is '-1s', but must be not negative"],
    ['configSyncPeriod: -1s', 'more than 0'],
    ['showHiddenMetricsForVersion: "1.34"', 'must be 1.35, the previous version, or empty'],
    ['detectLocalMode: InterfaceNamePrefix', 'detectLocal.interfaceNamePrefix is'],
    ['detectLocalMode: Elsewhere', 'detectLocalMode is'],
    ['healthzBindAddress: "::1:99999"', 'healthzBindAddress is'],
    ['featureGates: {A: 1}', 'featureGates is'],
    ['oomScoreAdj: 1001', 'oomScoreAdj is 1001, but must be a whole number from -1000 to 1000'],
    ['conntrack: {maxPerCore: -1}', 'conntrack.maxPerCore is -1'],
    ['conntrack: {min: -1}', 'conntrack.min is -1'],
    ['conntrack: {tcpEstablishedTimeout: -1s}', "conntrack.tcpEstablishedTimeout is '-1s'"],
    ['conntrack: {tcpCloseWaitTimeout: -1s}', "conntrack.tcpCloseWaitTimeout is '-1s'"],
    ['conntrack: {udpTimeout: -1s}', "conntrack.udpTimeout is '-1s'"],
    ['conntrack: {udpStreamTimeout: -1s}', "conntrack.udpStreamTimeout is '-1s'"],
    ['logging: {flushFrequency: -5s}', "logging.flushFrequency is '-5s'"],
  ])('refuses %s', (fields, problem) => {
    expect(problemsOf(fields)).toEqual([expect.stringContaining(problem)]);
  });

  it('refuses periods below zero', () => {
    expect(problemsOf('iptables: {syncPeriod: -1s, minSyncPeriod: -2s}')).toEqual([
      "iptables.syncPeriod is '-1s', but must be more than 0",
      "iptables.minSyncPeriod is '-2s', but must be not negative",
    ]);
  });

  it('checks the section of a mode in that mode', () => {
    const ipvs =
      'ipvs: {tcpTimeout: -1s, tcpFinTimeout: -1s, udpTimeout: -1s, excludeCIDRs: [nonsense], minSyncPeriod: 1h}';
    expect(problemsOf(`mode: ipvs\n${ipvs}`)).toEqual(
      expect.arrayContaining([
        "ipvs.minSyncPeriod is '1h0m0s', but must be at most ipvs.syncPeriod, which is 30s",
        "ipvs.tcpTimeout is '-1s', but must be not negative",
        "ipvs.tcpFinTimeout is '-1s', but must be not negative",
        "ipvs.udpTimeout is '-1s', but must be not negative",
        "ipvs.excludeCIDRs is [ 'nonsense' ], but must be a list of networks like 10.0.0.0/8",
      ]),
    );
    expect(problemsOf('mode: nftables\nnftables: {masqueradeBit: 32, syncPeriod: -1s}')).toEqual(
      expect.arrayContaining([
        'nftables.masqueradeBit is 32, but must be a whole number from 0 to 31',
        "nftables.syncPeriod is '-1s', but must be more than 0",
      ]),
    );
  });

  it.each([
    'detectLocalMode: NodeCIDR\nclusterCIDR: pods',
    'mode: nftables',
    'nodePortAddresses: [primary]',
    'nodePortAddresses: [primary, localhost, 10.0.0.0/8]',
    'nodePortAddresses: [all]',
    'nodePortAddresses: [10.0.0.0/8, "::/0"]',
    'enableProfiling: yes',
    'nftables: {masqueradeBit: 99}',
    'ipvs: {excludeCIDRs: [nonsense], tcpTimeout: -1s, minSyncPeriod: 1h}',
    'nftables: {syncPeriod: -1s}',
    'showHiddenMetricsForVersion: "1.35"',
    'logging: {flushFrequency: 5000000000, vmodule: [{filePattern: proxier, verbosity: 9}]}',
    'clientConnection: {qps: 0.5}',
    'healthzBindAddress: 0.0.0.0',
    'winkernel: null',
  ])('accepts %s', (fields) => {
    expect(problemsOf(fields)).toEqual([]);
  });

  it.each([
    ['0.0.0.0:1234', { ip: '0.0.0.0', port: 1234 }],
    ['[::1]:1234', { ip: '::1', port: 1234 }],
    ['0.0.0.0', { ip: '0.0.0.0', port: 10_249 }],
    ['::', { ip: '::', port: 10_249 }],
    ['[::]', { ip: '::', port: 10_249 }],
  ])('reads the address %s', (address, expected) => {
    expect(parse(`metricsBindAddress: "${address}"`).config.metricsBindAddress).toEqual(expected);
  });

  it.each([
    [
      'featureGates: {TopologyAwareHints: true}',
      ['feature gate TopologyAwareHints is unknown or was removed: ignored'],
    ],
    ['featureGates: {toString: true}', ['feature gate toString is unknown or was removed: ignored']],
    [
      'featureGates: {NFTablesProxyMode: false}',
      ['feature gate NFTablesProxyMode is ignored: it is always on'],
    ],
    ['featureGates: {NFTablesProxyMode: true, AllowServiceExternalIPs: false}', []],
  ])('warns of feature gates that mean nothing, and goes on: %s', (fields, expected) => {
    expect(parse(fields).warnings).toEqual(expected);
  });

  it.each([
    ['', '0.0.0.0', '127.0.0.1'],
    ['bindAddress: 192.0.2.1', '0.0.0.0', '127.0.0.1'],
    ['bindAddress: "::"', '::', '::1'],
  ])("listens on addresses of bindAddress's family: %s", (fields, healthz, metrics) => {
    const { healthzBindAddress, metricsBindAddress } = parse(fields).config;
    expect(healthzBindAddress).toEqual({ ip: healthz, port: 10_256 });
    expect(metricsBindAddress).toEqual({ ip: metrics, port: 10_249 });
  });

  it('warns of unknown fields with their paths, and of those that appear twice', () => {
    const { warnings, config } = parse('iptables: {colour: red}\nconstructor: 1\nmode: ""\nmode: iptables');
    expect(warnings).toEqual([
      'config.conf: duplicated mapping key in line 6',
      'config.conf: unknown field constructor',
      'config.conf: unknown field iptables.colour',
    ]);
    expect(config.mode).toBe('iptables');
  });

  it.each([
    ['', 'expected a document'],
    ['- 1', '[ 1 ], but must be one KubeProxyConfiguration'],
    ['a: [', 'unexpected end of the stream within a flow collection in line 1'],
    ['a: 1\n---\nb: 2', 'expected a single document'],
    ['kind: Pod', "kind is 'Pod', but must be KubeProxyConfiguration"],
    ['a: 1', 'apiVersion is not there, but must be kubeproxy.config.k8s.io/v1alpha1'],
  ])('refuses the file %j', (text, problem) => {
    expect(() => parseConfig(text, SOURCE)).toThrow(problem);
  });

  it('never fails but with a ConfigError, whatever the fields hold', () => {
    const names = Object.keys(FIELDS);
    const value = fc.oneof(
      fc.anything({ withNullPrototype: false }),
      fc.constantFrom('0s', '-1h', '10.0.0.0/8', ''),
    );
    const section = fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('syncPeriod', 'masqueradeBit', '__proto__')),
      value,
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), fc.oneof(value, section)), (fields) => {
        expectOnlyConfigErrors(HEAD + dump(fields, { skipInvalid: true }));
      }),
    );
  });

  it('never fails but with a ConfigError, whatever the text is', () => {
    const text = readFileSync(KUBEADM, 'utf8');
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(20), fc.string(), (at, cut, inserted) => {
        expectOnlyConfigErrors(text.slice(0, at) + inserted + text.slice(at + cut));
      }),
    );
    expectOnlyConfigErrors(`${HEAD}hostnameOverride: &self [*self]`);
  });
});

function expectOnlyConfigErrors(text: string): void {
  try {
    parseConfig(text, SOURCE);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
  }
}
