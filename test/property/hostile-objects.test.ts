// Whatever objects come: nothing throws, nothing that they say becomes more than data, and a harmless Service beside them is
// programmed as if it were alone.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { servicePortHash } from '../../src/dataplane/iptables/names.ts';
import type { IpFamily } from '../../src/model/ip.ts';
import { KernelMirror } from '../../src/sync/kernel-mirror.ts';
import { HARMLESS, HARMLESS_VIP, HostileCluster } from '../builders/hostile-cluster.ts';
import { hostileService, hostileSlice, MARK } from '../builders/hostile-objects.ts';
import { TestKernel } from '../builders/iptables-plans.ts';

const objects = fc.array(fc.oneof(hostileService, hostileSlice), { minLength: 1, maxLength: 12 });

/** Every line that iptables-restore is ever given, without its comments. */
const LINE =
  /^(\*(filter|nat|mangle)|COMMIT|:KUBE-[\w.:-]{1,23} - \[0:0\]|-X KUBE-[\w.:-]{1,23}|-[AI] [\w.:-]{1,28}( !?-[\w-]+| [\w.:,/+[\]!-]+)+)$/;

describe('the check of the lines', () => {
  it.each([
    [`-A KUBE-SVC-X -m comment --comment "${MARK}" -j ACCEPT" -j KUBE-MARK-MASQ`],
    ['-F'],
    ['-A KUBE-SVC-X -d 10.96.1.1/32,0.0.0.0/0 -j ACCEPT; reboot'],
    [`-A KUBE-SVC-X -p tcp -j ${MARK}`],
  ])('finds %s', (line) => {
    expect(() => checkRestores([`*nat\n${line}\nCOMMIT\n`])).toThrow();
  });
});

describe.each(['IPv4', 'IPv6'] as const)('hostile objects, %s', (family) => {
  it('are refused, or become rules of known shapes, and hurt nobody', async () => {
    const alone = await harmlessAlone(family);
    await fc.assert(
      fc.asyncProperty(objects, objects, async (first, second) => {
        const kernel = new TestKernel({ family });
        const cluster = new HostileCluster(new KernelMirror(kernel.dataplane));
        for (const object of first) cluster.put(object);
        expect(await cluster.family.sync('start')).toMatchObject({ error: '' });
        for (const object of second) cluster.put(object);
        expect(await cluster.family.sync('changes')).toMatchObject({ error: '' });
        expect(cluster.setAside).toEqual([]);
        checkRestores(kernel.iptables.restores);
        expect(harmlessIn(kernel, family)).toEqual(alone);
      }),
      { numRuns: 250 },
    );
  });

  it('with thousands of ports are programmed like any other', async () => {
    const kernel = new TestKernel({ family });
    const cluster = new HostileCluster(new KernelMirror(kernel.dataplane));
    cluster.put(manyPorts(5_000, HUGE_VIPS));
    expect(await cluster.family.sync('start')).toMatchObject({ outcome: 'committed', changes: 5_001 });
    expect(harmlessIn(kernel, family)).toEqual(await harmlessAlone(family));
  });
});

const HUGE_VIPS = ['10.96.1.1', 'fd00:10:96::1'];

function manyPorts(count: number, clusterIPs: readonly string[]) {
  return {
    kind: 'Service',
    metadata: { namespace: 'shop', name: 'huge' },
    spec: {
      clusterIPs,
      ports: Array.from({ length: count }, (_, i) => ({ name: `p${i}`, port: i + 1, protocol: 'TCP' })),
    },
  };
}

function checkRestores(restores: readonly string[]): void {
  for (const line of restores.flatMap((input) => input.trimEnd().split('\n'))) {
    const bare = line.replaceAll(/ -m comment --comment "[^"\\]*"/g, '');
    expect(bare).toMatch(LINE);
    expect(bare).not.toContain(MARK);
  }
}

async function harmlessAlone(family: IpFamily) {
  const kernel = new TestKernel({ family });
  await new HostileCluster(new KernelMirror(kernel.dataplane)).family.sync('start');
  const rules = harmlessIn(kernel, family);
  expect(rules.chain).toHaveLength(2);
  return rules;
}

/** The chain of the harmless Service, and that one rule leads its address there. */
function harmlessIn(kernel: TestKernel, family: IpFamily) {
  const chain = `KUBE-SVC-${servicePortHash(HARMLESS)}`;
  const bits = family === 'IPv4' ? 32 : 128;
  const leading = kernel.iptables
    .save()
    .split('\n')
    .filter((line) => line.includes(`-d ${HARMLESS_VIP[family]}/${bits} `) && !line.includes(`-A ${chain} `));
  return {
    chain: kernel.nat(chain),
    leading: leading.map((line) => line.replace(/^-A \S+ (.*) -[jg] /, '$1 to ')),
  };
}
