// Hundreds of hostile Services at once, with a real kernel: what can be programmed is, what it refuses is set aside, and a
// harmless Service among them is programmed as if it were alone.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { servicePortHash } from '../../../src/dataplane/iptables/names.ts';
import type { JsonObject } from '../../../src/kube/json-object.ts';
import type { IpFamily } from '../../../src/model/ip.ts';
import { HARMLESS, HARMLESS_VIP, HostileCluster } from '../../builders/hostile-cluster.ts';
import { hostileService, hostileSlice } from '../../builders/hostile-objects.ts';
import { createKernelBed, LINEUPS, removeKernelBeds } from './kernel-bed.ts';

afterEach(removeKernelBeds);

const SERVICES = 400;
const MANY_PORTS = 1_000;
const SEED = 5;

describe.each(LINEUPS)('a hostile population, $dataplane, $family', (lineup) => {
  const { family } = lineup;

  it('does not keep the harmless Service from its rules', async () => {
    const alone = createKernelBed(lineup);
    expect(await new HostileCluster(alone.kernel).family.sync('start')).toMatchObject({ error: '' });

    const bed = createKernelBed(lineup);
    const cluster = new HostileCluster(bed.kernel);
    for (const object of population()) cluster.put(object);
    const report = await cluster.family.sync('start');
    const refused = cluster.setAside.map(({ key, reason }) => `${key}: ${reason}`);
    console.log(`${lineup.dataplane} ${family}: ${report.changes} service ports, refused`, refused);
    expect(report).toMatchObject({ outcome: 'committed', error: '' });
    expect(report.changes).toBeGreaterThan(MANY_PORTS + SERVICES / 2);
    expect(refused.length).toBeLessThan(SERVICES / 20);
    expect(bed.faults()).toEqual([]);
    const harmless = rulesOfHarmless(bed.rules(), family);
    expect(harmless.length).toBeGreaterThan(1);
    expect(harmless).toEqual(rulesOfHarmless(alone.rules(), family));
    expect(await cluster.family.sync('audit')).toMatchObject({ outcome: 'nothing-to-do' });
  });
});

/** The rules of its chain and the match of those that lead to it; in nftables mode its elements. */
function rulesOfHarmless(rules: readonly string[], family: IpFamily): string[] {
  const chain = `KUBE-SVC-${servicePortHash(HARMLESS)}`;
  const isItsOwn = (rule: string) =>
    rule.startsWith(`-A ${chain} `) || rule.includes(`"${HARMLESS_VIP[family]}"`);
  const leading = rules.filter((rule) => rule.endsWith(` ${chain}`));
  return [
    ...rules.filter(isItsOwn).sort(),
    ...leading.map((rule) => rule.replace(/^-A \S+ (.*) -[jg] /, '$1 to ')),
  ];
}

/** Services with names and ClusterIPs of their own, most of them, each with a slice; one has a thousand ports. */
function population(): JsonObject[] {
  const options = { numRuns: SERVICES, seed: SEED };
  const services = fc.sample(hostileService, options).map((service, i) => ({
    ...service,
    metadata: { ...service.metadata, name: `s-${i}` },
    spec: { ...service.spec, ...(i % 4 === 0 ? {} : { clusterIPs: clusterIpsOf(i) }) },
  }));
  const slices = fc.sample(hostileSlice, options).map((slice, i) => ({
    ...slice,
    metadata: { ...slice.metadata, name: `e-${i}`, labels: { 'kubernetes.io/service-name': `s-${i}` } },
  }));
  return [...services, ...slices, serviceWithManyPorts()];
}

function clusterIpsOf(i: number): string[] {
  return [`10.97.${i >> 8}.${i & 255}`, `fd00:10:97::${i.toString(16)}`];
}

function serviceWithManyPorts(): JsonObject {
  return {
    kind: 'Service',
    metadata: { namespace: 'shop', name: 'huge' },
    spec: {
      clusterIPs: ['10.98.0.1', 'fd00:10:98::1'],
      ports: Array.from({ length: MANY_PORTS }, (_, i) => ({ name: `p${i}`, port: i + 1, protocol: 'TCP' })),
    },
  };
}
