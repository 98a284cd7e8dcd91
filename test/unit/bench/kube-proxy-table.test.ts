// The baseline of the nftables benchmarks must be what kube-proxy really writes: compared, object by object, with what was recorded.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { IpFamily } from '../../../src/model/ip.ts';
import {
  joined,
  kubeProxyObjectsOf,
  kubeProxyTable,
} from '../../bench/baseline/nftables/kube-proxy-table.ts';
import { type BaselineObjects, elementText } from '../../bench/baseline/nftables/table.ts';
import { fullTransaction, partialTransaction } from '../../bench/baseline/nftables/transaction-text.ts';
import { recordedCluster } from '../../builders/objects.ts';
import { aPlanConfig, planFromNothing } from '../../builders/plans.ts';
import { anEndpoint, aService, aServicePort, aSlice, cidr, ip } from '../../builders/records.ts';

const RECORDING = readFileSync(
  resolve(import.meta.dirname, '../../fixtures/kube-proxy/nftables.ruleset.nft'),
  'utf8',
);

/** Every API server has it; the recorded cluster had it without endpoints. */
const kubernetes = aService({
  namespace: 'default',
  name: 'kubernetes',
  clusterIps: [ip('10.96.0.1')],
  ports: [aServicePort({ name: 'https', port: 443 })],
});

describe.each(['IPv4', 'IPv6'] as const)("kube-proxy's table, %s", (family) => {
  const recorded = recordedTable(family);
  const { skeleton, services } = kubeProxyTable(recordedPlan(family));
  const generated = tableOf(joined([skeleton, ...services.values()]));

  it('has the same chains with the same rules', () => {
    expect(generated.chains).toEqual(recorded.chains);
  });

  it('has the same sets and maps', () => {
    expect(generated.sets).toEqual(recorded.sets);
  });

  it('has the same elements', () => {
    expect(generated.elements).toEqual(recorded.elements);
  });
});

describe("kube-proxy's full sync", () => {
  it('makes the table, and every chain before what leads to it', () => {
    const text = [...fullTransaction(kubeProxyTable(recordedPlan('IPv4')))].join('');
    expect(text).toMatch(/^add table ip kube-proxy /);
    const chain = 'service-452DNVGS-shop/web/tcp/';
    const [made, used] = [text.indexOf(`add chain ip kube-proxy ${chain}`), text.indexOf(`goto ${chain}`)];
    expect(made).toBeGreaterThan(0);
    expect(used).toBeGreaterThan(made);
  });
});

describe("kube-proxy's partial sync", () => {
  const partial = (before: readonly string[], after: readonly string[], affinitySeconds = 0) => {
    const [old, next] = [before, after].map((ips) => objectsWith(ips, affinitySeconds));
    return old && next ? [...partialTransaction('IPv4', { before: old, after: next })] : [];
  };

  it('writes the chain of the changed Service and nothing else when an endpoint is replaced', () => {
    const lines = partial(['10.244.2.1', '10.244.2.2'], ['10.244.2.1', '10.244.2.3']);
    expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'add chain',
      'flush chain',
      'add rule',
    ]);
    expect(lines.at(-1)).toContain('map { 0 : 10.244.2.1 . 8080, 1 : 10.244.2.3 . 8080 }');
  });

  it('moves the frontend between maps when the last endpoint leaves', () => {
    const lines = partial(['10.244.2.1'], []).join('');
    expect(lines).toContain('add element ip kube-proxy no-endpoint-services');
    expect(lines).toContain('delete element ip kube-proxy service-ips { 10.96.1.1 . tcp . 80 }');
    expect(lines).toMatch(/^flush chain ip kube-proxy service-/m);
  });

  it('deletes the affinity set of an endpoint that left', () => {
    const lines = partial(['10.244.2.1', '10.244.2.2'], ['10.244.2.1'], 300).join('');
    expect(lines).toMatch(/^delete set ip kube-proxy affinity-\S+__10\.244\.2\.2\/8080$/m);
  });
});

function recordedPlan(family: IpFamily) {
  const cluster = recordedCluster();
  const services = family === 'IPv4' ? [...cluster.services, kubernetes] : cluster.services;
  const config = aPlanConfig({ nodePortAddresses: ['primary'], localhostNodePorts: false });
  const serviceCidrs = [cidr('10.96.0.0/12'), cidr('fd00:10:96::/112')];
  return planFromNothing({ ...cluster, services, config, serviceCidrs }, family);
}

function objectsWith(ips: readonly string[], affinitySeconds: number): BaselineObjects {
  const plan = planFromNothing({
    ...recordedCluster(),
    services: [aService({ affinitySeconds })],
    slices: [aSlice({ endpoints: ips.map((address) => anEndpoint({ ip: ip(address) })) })],
  });
  return joined([...plan.services.keys()].map((key) => kubeProxyObjectsOf(plan, key)));
}

/** By name, and of each element which set or map it is in. */
interface Table {
  readonly chains: Readonly<Record<string, readonly string[]>>;
  readonly sets: Readonly<Record<string, readonly string[]>>;
  readonly elements: Readonly<Record<string, readonly string[]>>;
}

function tableOf({ sets, chains, elements }: BaselineObjects): Table {
  return {
    chains: Object.fromEntries(
      chains.map(({ name, property, rules }) => [
        name,
        [...(property ? [property] : []), ...rules.map(inOrder)],
      ]),
    ),
    sets: Object.fromEntries(sets.map(({ kind, name, properties }) => [name, [kind, ...properties]])),
    elements: Object.fromEntries(
      sets.map(({ name }) => [
        name,
        distinctSorted(elements.filter(({ of }) => of === name).map(elementText)),
      ]),
    ),
  };
}

function recordedTable(family: IpFamily): Table {
  const table = family === 'IPv4' ? 'ip' : 'ip6';
  const start = RECORDING.indexOf(`table ${table} kube-proxy {`);
  const text = RECORDING.slice(start, RECORDING.indexOf('\n}\n', start));
  const blocks = Array.from(
    text.matchAll(/^\t(set|map|chain) (\S+) \{\n(.*?)^\t\}$/gms),
    ([, kind, name, body]) => ({
      kind: kind ?? '',
      name: name ?? '',
      body: body ?? '',
    }),
  );
  const sets = blocks.filter(({ kind }) => kind !== 'chain');
  const ofBlocks = (some: typeof blocks, read: (block: (typeof blocks)[number]) => readonly string[]) =>
    Object.fromEntries(some.map((block) => [block.name, read(block)]));
  return {
    chains: ofBlocks(
      blocks.filter(({ kind }) => kind === 'chain'),
      ({ body }) => linesOf(body),
    ),
    sets: ofBlocks(sets, ({ kind, body }) => [kind, ...linesOf(body.replace(ELEMENTS, '')).map(inSeconds)]),
    elements: ofBlocks(sets, ({ body }) => {
      const [, elements = ''] = ELEMENTS.exec(body) ?? [];
      return distinctSorted(
        elements
          .split(',')
          .map((element) => element.trim())
          .filter(Boolean),
      );
    }),
  };
}

const ELEMENTS = /\t\telements = \{(.*?)\}/s;

function linesOf(body: string): string[] {
  return body
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
}

/** kube-proxy writes a time-out in seconds, nft prints it in larger units. */
function inSeconds(line: string): string {
  return line.replace(
    /^timeout (\d+)([hm])$/,
    (_, count, unit) => `timeout ${count * (unit === 'h' ? 3_600 : 60)}s`,
  );
}

/** nft prints networks sorted. */
function inOrder(rule: string): string {
  return rule.replace(/(?<=saddr != \{ ).*(?= \})/, (networks) => networks.split(', ').sort().join(', '));
}

function distinctSorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
