// No string of an API object can become anything but data, whatever API server and decoder let through.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  aFrontend,
  aGlobalPlan,
  aNodePort,
  aServicePlan,
  aTarget,
  changeOf,
  TestKernel,
} from '../builders/iptables-plans.ts';
import { cidr } from '../builders/records.ts';

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    '"',
    '\\',
    '\n',
    'x\nCOMMIT\n*nat\n-F',
    '" -j ACCEPT',
    '-j ACCEPT',
    '--',
    "'",
    '$(reboot)',
    'a'.repeat(253),
    '\0',
  ),
);

const RULE = /^-[AI] [A-Z0-9a-z_.:-]+ (?:[^"\n]|"[^"\\\n]*")+$/;
const LINE = /^(\*(filter|nat|mangle)|COMMIT|:KUBE-[A-Za-z0-9_.:-]{1,23} - \[0:0\]|-X KUBE-\S+)$/;

describe('hostile names', () => {
  it('change no more of the rules than comments and the hashes in the names of chains', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, async (namespace, name, portName) => {
        const text = await rulesFor({ namespace, name, portName });
        for (const line of text.trimEnd().split('\n')) {
          if (!LINE.test(line)) expect(line).toMatch(RULE);
          for (const [, comment = ''] of line.matchAll(/--comment "([^"]*)"/g)) {
            expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(255);
          }
        }
        expect(shapeOf(text)).toBe(
          shapeOf(await rulesFor({ namespace: 'shop', name: 'web', portName: 'http' })),
        );
      }),
      { numRuns: 300 },
    );
  });
});

async function rulesFor(name: { namespace: string; name: string; portName: string }): Promise<string> {
  const kernel = new TestKernel();
  const plan = aServicePlan({
    name,
    frontends: [
      aFrontend('10.96.1.1'),
      aFrontend('203.0.113.1', { kind: 'LoadBalancerIP' }),
      aNodePort(30_080),
    ],
    clusterEndpoints: [aTarget('10.244.2.1'), aTarget('10.244.1.1', { isHairpinPossible: true })],
    external: { policy: 'Local', verdict: 'drop' },
    allowedSources: [cidr('198.51.100.0/24')],
    affinitySeconds: 60,
    healthCheckNodePort: 31_000,
  });
  expect(await kernel.write(changeOf([plan], { global: aGlobalPlan() }), true)).toMatchObject({ ok: true });
  return kernel.iptables.restores.join('');
}

/** The text without what a name may change; lines sorted, because chains are ordered by their names. */
function shapeOf(text: string): string {
  return text
    .replaceAll(/"[^"]*"/g, '""')
    .replaceAll(/(KUBE-[A-Z]+-)[A-Z2-7]{16}\b/g, '$1')
    .split('\n')
    .sort()
    .join('\n');
}
