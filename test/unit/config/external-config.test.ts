import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeFields } from '../../../src/config/decode-fields.ts';
import { withDerivedDefaults } from '../../../src/config/derived-defaults.ts';
import { configzOf } from '../../../src/config/external-config.ts';
import { FIELDS, type ProxyConfig } from '../../../src/config/fields.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { writeConfig } from '../../../src/config/write-config.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');

/** What the recorded kube-proxy was told beside its mode. */
const TOLD = {
  clientConnection: { kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf' },
  logging: { verbosity: 2 },
  hostnameOverride: 'node-1',
  clusterCIDR: '10.244.0.0/16,fd00:10:244::/48',
  conntrack: { maxPerCore: 0, min: 0 },
};

function configFrom(raw: object): ProxyConfig {
  const { values, setFields, problems } = decodeFields(FIELDS, raw);
  expect(problems).toEqual([]);
  return withDerivedDefaults(values, setFields);
}

function recorded(name: string): string {
  return readFileSync(join(FIXTURES, `kube-proxy/${name}.configz.json`), 'utf8');
}

describe('configzOf', () => {
  it.each([
    ['iptables-legacy', ''],
    ['iptables-nft', 'iptables'],
    ['nftables', 'nftables'],
  ])("is what kube-proxy answers, byte for byte: %s with mode '%s'", (name, mode) => {
    expect(JSON.stringify(configzOf(configFrom({ ...TOLD, mode })))).toBe(recorded(name).trim());
  });

  it("is upstream's default for kubeadm's file", () => {
    const { config } = loadConfig({ file: join(FIXTURES, 'config/kubeadm.yaml'), flags: new Map() });
    const expected = JSON.parse(recorded('iptables-nft'));
    Object.assign(expected['kubeproxy.config.k8s.io'], {
      hostnameOverride: '',
      clusterCIDR: '10.244.0.0/16,fd00:10:244::/56',
      conntrack: { ...expected['kubeproxy.config.k8s.io'].conntrack, maxPerCore: 32_768, min: 131_072 },
    });
    expected['kubeproxy.config.k8s.io'].logging.verbosity = 0;
    expect(configzOf(config)).toEqual(expected);
  });

  it('shows what is left out by default once it is set', () => {
    const config = configFrom({
      featureGates: { A: true },
      windowsRunAsService: true,
      logging: { vmodule: [{ filePattern: 'a', verbosity: 3 }], options: { json: { splitStream: true } } },
    });
    expect(configzOf(config)['kubeproxy.config.k8s.io']).toMatchObject({
      featureGates: { A: true },
      windowsRunAsService: true,
      logging: { vmodule: [{ filePattern: 'a', verbosity: 3 }], options: { json: { splitStream: true } } },
    });
  });

  it("shows masqueradeAll and periods in the mode's own section only", () => {
    const periods = { syncPeriod: '1m', minSyncPeriod: '2s' };
    const raw = {
      iptables: { masqueradeAll: true, ...periods },
      nftables: { masqueradeAll: true, ...periods },
      ipvs: periods,
    };
    const idle = { syncPeriod: '0s', minSyncPeriod: '0s' };
    const active = { syncPeriod: '1m0s', minSyncPeriod: '2s' };
    expect(configzOf(configFrom({ ...raw, mode: 'nftables' }))['kubeproxy.config.k8s.io']).toMatchObject({
      iptables: { ...idle, masqueradeAll: false },
      nftables: { ...active, masqueradeAll: true },
      ipvs: idle,
    });
    expect(configzOf(configFrom({ ...raw, mode: 'ipvs' }))['kubeproxy.config.k8s.io']).toMatchObject({
      iptables: { ...idle, masqueradeAll: true },
      nftables: { ...idle, masqueradeAll: false },
      ipvs: active,
    });
  });
});

describe('writeConfig', () => {
  it('writes a file that means the same, and that needs no second look', () => {
    const directory = mkdtempSync(join(tmpdir(), 'fairlead-config-'));
    try {
      const [first, second] = [join(directory, 'first'), join(directory, 'second')];
      const flags = new Map([
        ['nodeport-addresses', ['10.0.0.0/8,fd00::/8']],
        ['oom-score-adj', ['-5']],
        ['feature-gates', ['A=true']],
        ['iptables-min-sync-period', ['1500ms']],
        ['bind-address', ['fd00::1']],
      ]);
      const { config } = loadConfig({ file: undefined, flags });
      writeConfig(config, first);
      const again = loadConfig({ file: first, flags: new Map() });
      // Periods of modes that are not in use are not shown.
      expect({ ...again.config, ipvs: config.ipvs, nftables: config.nftables }).toEqual(config);
      writeConfig(again.config, second);
      expect(readFileSync(second, 'utf8')).toBe(readFileSync(first, 'utf8'));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
