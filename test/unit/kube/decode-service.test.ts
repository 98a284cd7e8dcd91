import { describe, expect, it } from 'vitest';
import { decodeService } from '../../../src/kube/decode-service.ts';
import { createIntern } from '../../../src/util/intern.ts';
import { recordedAnswer } from '../../fakes/recorded-answers.ts';

const metadata = { namespace: 'shop', name: 'web' };

describe('decodeService', () => {
  it('reads a Service of a real API server', () => {
    expect(recorded('lb-ranges')).toMatchObject({
      namespace: 'shop',
      name: 'lb-ranges',
      uid: expect.stringMatching(/^[-0-9a-f]{36}$/),
      resourceVersion: expect.stringMatching(/^\d+$/),
      createdAt: Date.parse('2026-11-21T10:58:51Z') / 1000,
      type: 'LoadBalancer',
      clusterIps: [expect.stringMatching(/^10\.96\./)],
      loadBalancerSourceRanges: expect.arrayContaining([expect.stringContaining('/')]),
      problems: [],
    });
  });

  it('reads every kind of field that the recordings have', () => {
    expect(recorded('web-dual').clusterIps).toEqual(['10.96.1.2', 'fd00:10:96::102']);
    expect(recorded('sticky').affinitySeconds).toBe(300);
    expect(recorded('ext').externalIps).toEqual(['198.51.100.77']);
    expect(recorded('headless').clusterIps).toEqual([]);
    expect(recorded('extname').type).toBe('ExternalName');
    expect(recorded('np-local-none')).toMatchObject({
      externalTrafficPolicy: 'Local',
      ports: [{ nodePort: 30082 }],
    });
    expect(recorded('itp-local').internalTrafficPolicy).toBe('Local');
    expect(recorded('lb-local').healthCheckNodePort).toBeGreaterThan(0);
    expect(recorded('lb').loadBalancerIps).toHaveLength(1);
    expect(recorded('lb-proxy').loadBalancerIps).toEqual([]);
  });

  it.each([
    ['clusterIP of an old server', { clusterIP: '10.0.0.1' }, { clusterIps: ['10.0.0.1'] }],
    ['leading zeros, as Go lets pass', { clusterIP: '010.000.0.01' }, { clusterIps: ['10.0.0.1'] }],
    [
      'a port without protocol',
      { ports: [{ port: 80 }] },
      { ports: [{ name: '', protocol: 'TCP', port: 80, nodePort: 0 }] },
    ],
    ['affinity without a timeout', { sessionAffinity: 'ClientIP' }, { affinitySeconds: 10_800 }],
    [
      'spaces around a range',
      { loadBalancerSourceRanges: [' 10.1.2.3/8 '] },
      { loadBalancerSourceRanges: ['10.0.0.0/8'] },
    ],
    [
      'null for every list',
      { ports: null, clusterIPs: null, externalIPs: null },
      { ports: [], clusterIps: [] },
    ],
    ['empty policies', { externalTrafficPolicy: '' }, { externalTrafficPolicy: 'Cluster' }],
  ])('reads %s without complaint', (_, spec, wanted) => {
    expect(decode({ metadata, spec })).toMatchObject({ ...wanted, problems: [] });
  });

  it.each([
    ['a port that is no number', { ports: [{ port: '80' }] }, 'spec.ports[0].port "80" is no port'],
    ['a port out of range', { ports: [{ port: 65_536 }] }, 'spec.ports[0].port 65536 is no port'],
    ['port 0', { ports: [{ port: 0 }] }, 'spec.ports[0].port 0 is no port'],
    ['a port with a fraction', { ports: [{ port: 1.5 }] }, 'spec.ports[0].port 1.5 is no port'],
    ['a missing port', { ports: ['x'] }, 'spec.ports[0].port (missing) is no port'],
    [
      'an unknown protocol',
      { ports: [{ port: 1, protocol: 'tcp' }] },
      'spec.ports[0].protocol "tcp" is no protocol',
    ],
    [
      'a port name with a quote',
      { ports: [{ port: 1, name: '"; drop' }] },
      'spec.ports[0].name "\\"; drop" is no port name',
    ],
    [
      'an address that is none',
      { clusterIPs: ['10.0.0.256'] },
      'spec.clusterIPs[0] "10.0.0.256" is no IP address',
    ],
    [
      'two addresses of a family',
      { clusterIPs: ['10.0.0.1', '10.0.0.2'] },
      'spec.clusterIPs "10.0.0.2" is the second of its family',
    ],
    ['an unknown type', { type: 'Fancy' }, 'spec.type "Fancy" is unknown, ClusterIP is assumed'],
    [
      'a negative timeout',
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: -1 } } },
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds -1 is out of range',
    ],
    [
      'an unknown policy',
      { internalTrafficPolicy: [] },
      'spec.internalTrafficPolicy (an array) is unknown, Cluster is assumed',
    ],
    [
      'a bad health check port',
      { healthCheckNodePort: 1e9 },
      'spec.healthCheckNodePort 1000000000 is no port',
    ],
  ])('leaves out %s and says so', (_, spec, problem) => {
    expect(decode({ metadata, spec }).problems).toEqual([problem]);
  });

  it('keeps the good ports beside a bad one', () => {
    expect(decode({ metadata, spec: { ports: [{ port: 0 }, { port: 443 }] } }).ports).toMatchObject([
      { port: 443 },
    ]);
  });

  it('lets nobody in when no source range can be read', () => {
    const { loadBalancerSourceRanges, problems } = decode({
      metadata,
      spec: { loadBalancerSourceRanges: ['all'] },
    });
    expect(loadBalancerSourceRanges).toEqual(['0.0.0.0/32', '::/128']);
    expect(problems).toHaveLength(1);
  });

  it('bounds what it says of thousands of bad ports', () => {
    const ports = Array.from({ length: 5_000 }, () => ({ port: 'x'.repeat(1_000) }));
    const { problems } = decode({ metadata, spec: { ports } });
    expect(problems).toHaveLength(11);
    expect(problems.join().length).toBeLessThan(2_000);
  });

  it.each([
    ['no metadata', { spec: {} }],
    ['no namespace', { metadata: { name: 'web' }, spec: {} }],
    ['a name with a newline', { metadata: { namespace: 'shop', name: 'a\nb' }, spec: {} }],
    ['a name with a slash', { metadata: { namespace: 'shop', name: 'a/b' }, spec: {} }],
    ['a name that is an option', { metadata: { namespace: 'shop', name: '--flush' }, spec: {} }],
    ['a name of 254 characters', { metadata: { namespace: 'shop', name: 'a'.repeat(254) }, spec: {} }],
    ['no spec', { metadata }],
    ['a spec that is text', { metadata, spec: 'x' }],
  ])('refuses an object with %s', (_, object) => {
    expect(() => decode(object)).toThrow(expect.objectContaining({ name: 'DecodeError' }));
  });
});

function decode(object: object) {
  return decodeService({ ...object }, createIntern());
}

/** The Service of this name out of the recordings. */
function recorded(name: string) {
  const lines = recordedAnswer('watchlist-services').body.toString().trim().split('\n');
  const objects = lines.map((line) => JSON.parse(line).object);
  return decode(objects.find((object) => object.metadata.name === name));
}
