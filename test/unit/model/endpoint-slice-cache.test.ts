import { beforeEach, describe, expect, it } from 'vitest';
import { EndpointSliceCache } from '../../../src/model/endpoint-slice-cache.ts';
import { joinHostPort } from '../../../src/model/ip.ts';
import { objectKey } from '../../../src/model/names.ts';
import type { EndpointRecord, EndpointSliceRecord } from '../../../src/model/records.ts';
import { runToEnd } from '../../../src/util/cooperate.ts';
import { anEndpoint, anEndpointPort, aSlice, ip, SERVING_WHILE_TERMINATING } from '../../builders/records.ts';

const WEB = objectKey('shop', 'web');
const QUERY = { service: WEB, portName: '', protocol: 'TCP', family: 'IPv4' } as const;
let cache: EndpointSliceCache;

beforeEach(() => {
  cache = new EndpointSliceCache({ startedAtMs: 1_000 });
});

describe('the endpoints of a service port', () => {
  it('come from all slices of the Service, sorted by the text ip:port', () => {
    put({ name: 'web-b', endpoints: endpoints('10.0.0.10', '10.0.0.9') });
    put({ name: 'web-a', endpoints: endpoints('10.0.0.1') });
    // ':' comes after the digits.
    expect(addresses()).toEqual(['10.0.0.10:8080', '10.0.0.1:8080', '10.0.0.9:8080']);
  });

  it('match by the name and protocol of the port, not by its number', () => {
    const ports = [
      anEndpointPort({ name: 'dns', protocol: 'UDP', port: 53 }),
      anEndpointPort({ name: 'dns', protocol: 'TCP', port: 5353 }),
      anEndpointPort({ name: 'metrics', protocol: 'TCP', port: 9153 }),
    ];
    put({ ports, endpoints: endpoints('10.0.0.1') });
    expect(addresses({ portName: 'dns', protocol: 'TCP' })).toEqual(['10.0.0.1:5353']);
    expect(addresses({ portName: 'dns', protocol: 'UDP' })).toEqual(['10.0.0.1:53']);
    expect(addresses({ portName: 'dns', protocol: 'SCTP' })).toEqual([]);
    expect(addresses()).toEqual([]);
  });

  it('may listen on different numbers of one named port', () => {
    put({ name: 'web-a', ports: [anEndpointPort({ port: 8080 })], endpoints: endpoints('10.0.0.1') });
    put({ name: 'web-b', ports: [anEndpointPort({ port: 8081 })], endpoints: endpoints('10.0.0.2') });
    expect(addresses()).toEqual(['10.0.0.1:8080', '10.0.0.2:8081']);
  });

  it('are those of one family', () => {
    put({ name: 'web-4', endpoints: endpoints('10.0.0.1') });
    put({ name: 'web-6', endpoints: endpoints('fd00::1') });
    expect(addresses()).toEqual(['10.0.0.1:8080']);
    expect(addresses({ family: 'IPv6' })).toEqual(['[fd00::1]:8080']);
  });

  it('are not of other Services, nor of the same name in another namespace', () => {
    put({ serviceName: 'other', endpoints: endpoints('10.0.0.1') });
    put({ namespace: 'elsewhere', endpoints: endpoints('10.0.0.2') });
    expect(addresses()).toEqual([]);
  });

  it('ignores slices of no Service and of no IP family', () => {
    put({ serviceName: '', endpoints: endpoints('10.0.0.1') });
    put({ name: 'fqdn', family: undefined, endpoints: endpoints('10.0.0.2') });
    expect(changedServices()).toEqual([]);
    expect(addresses()).toEqual([]);
  });

  it('point to the records of the slice', () => {
    const record = anEndpoint();
    put({ endpoints: [record] });
    runToEnd(cache.takeChanges());
    expect(cache.endpointsOf(QUERY)[0]?.record).toBe(record);
  });
});

describe('one address and port in several slices', () => {
  const dying = anEndpoint({ ...SERVING_WHILE_TERMINATING, podName: 'dying' });
  const first = anEndpoint({ podName: 'first' });
  const second = anEndpoint({ podName: 'second' });

  it.each([
    ['the one that is not terminating, whichever slice it is in', [dying], [first], 'first'],
    ['the one that is not terminating, also if it comes first', [first], [dying], 'first'],
    ['the first slice by name if none is terminating', [first], [second], 'first'],
    ['the first slice by name if both are terminating', [dying], [{ ...dying, podName: 'late' }], 'dying'],
  ])('is one endpoint: %s', (_, a, b, podName) => {
    for (const order of ['as named', 'reversed']) {
      cache = new EndpointSliceCache({ startedAtMs: 0 });
      const slices = [
        { name: 'web-a', endpoints: a },
        { name: 'web-b', endpoints: b },
      ];
      for (const slice of order === 'reversed' ? slices.toReversed() : slices) put(slice);
      runToEnd(cache.takeChanges());
      expect(cache.endpointsOf(QUERY).map(({ record }) => record.podName)).toEqual([podName]);
    }
  });
});

describe('changes', () => {
  it('name the Services whose slices changed', () => {
    put({});
    put({ serviceName: 'other' });
    expect(changedServices()).toEqual(['shop/web', 'shop/other']);
    expect(changedServices()).toEqual([]);
  });

  it('name both Services of a slice that was given to another', () => {
    put({ name: 'moving' });
    runToEnd(cache.takeChanges());
    put({ name: 'moving', serviceName: 'other', resourceVersion: '2' });
    expect(changedServices()).toEqual(['shop/web', 'shop/other']);
    expect(addresses()).toEqual([]);
    expect(addresses({ service: objectKey('shop', 'other') })).toHaveLength(1);
  });

  it('name the Service of a slice that was deleted', () => {
    put({});
    runToEnd(cache.takeChanges());
    cache.handle({ kind: 'delete', namespace: 'shop', name: 'web-a' });
    expect(changedServices()).toEqual(['shop/web']);
    expect(addresses()).toEqual([]);
  });

  it('are those of one family', () => {
    put({});
    put({ name: 'other-6', family: 'IPv6', serviceName: 'other' });
    const { IPv4, IPv6 } = runToEnd(cache.takeChanges());
    expect([[...IPv4.services], [...IPv6.services]]).toEqual([['shop/web'], ['shop/other']]);
  });

  it('are of both families where a slice was deleted and made again with another one', () => {
    put({});
    runToEnd(cache.takeChanges());
    put({ family: 'IPv6', resourceVersion: '2' });
    const { IPv4, IPv6 } = runToEnd(cache.takeChanges());
    expect([[...IPv4.services], [...IPv6.services]]).toEqual([['shop/web'], ['shop/web']]);
  });

  it('do not name a Service for a change of metadata', () => {
    put({});
    runToEnd(cache.takeChanges());
    put({ resourceVersion: '2', triggerTimeMs: 5_000 });
    const nothing = { services: new Set(), triggerTimesMs: [] };
    expect(runToEnd(cache.takeChanges())).toEqual({ IPv4: nothing, IPv6: nothing });
  });

  it('do not show in the endpoints before they are taken', () => {
    put({ endpoints: endpoints('10.0.0.1') });
    runToEnd(cache.takeChanges());
    put({ endpoints: endpoints('10.0.0.2') });
    expect(cache.pendingCount).toBe(1);
    expect(cache.endpointsOf(QUERY)[0]?.ip).toBe('10.0.0.1');
  });
});

describe('trigger times', () => {
  it('are those of all changes since the last take', () => {
    put({ triggerTimeMs: 2_000, endpoints: endpoints('10.0.0.1') });
    put({ triggerTimeMs: 3_000, endpoints: endpoints('10.0.0.2') });
    expect(runToEnd(cache.takeChanges()).IPv4.triggerTimesMs).toEqual([2_000, 3_000]);
  });

  it('belong to the family of their slice', () => {
    put({ triggerTimeMs: 2_000 });
    put({ name: 'web-6', family: 'IPv6', triggerTimeMs: 3_000 });
    const { IPv4, IPv6 } = runToEnd(cache.takeChanges());
    expect([IPv4.triggerTimesMs, IPv6.triggerTimesMs]).toEqual([[2_000], [3_000]]);
  });

  it('are counted once when the same change is seen again', () => {
    put({ triggerTimeMs: 2_000 });
    put({ triggerTimeMs: 2_000 });
    expect(runToEnd(cache.takeChanges()).IPv4.triggerTimesMs).toEqual([2_000]);
  });

  it('do not count when they are older than the process', () => {
    put({ triggerTimeMs: 999 });
    const { services, triggerTimesMs } = runToEnd(cache.takeChanges()).IPv4;
    expect(services.has(WEB)).toBe(true);
    expect(triggerTimesMs).toEqual([]);
  });

  it('do not wait for a later change when the first led back to the applied state', () => {
    put({ endpoints: endpoints('10.0.0.1') });
    runToEnd(cache.takeChanges());
    put({ endpoints: endpoints('10.0.0.2'), triggerTimeMs: 2_000 });
    put({ endpoints: endpoints('10.0.0.1'), triggerTimeMs: 3_000 });
    runToEnd(cache.takeChanges());
    put({ endpoints: endpoints('10.0.0.3'), triggerTimeMs: 4_000 });
    expect(runToEnd(cache.takeChanges()).IPv4.triggerTimesMs).toEqual([4_000]);
  });
});

function put(fields: Partial<EndpointSliceRecord>): void {
  cache.handle({ kind: 'put', record: aSlice(fields) });
}

/** Of both families. */
function changedServices(): string[] {
  const { IPv4, IPv6 } = runToEnd(cache.takeChanges());
  return [...IPv4.services.union(IPv6.services)];
}

function endpoints(...ips: string[]): EndpointRecord[] {
  return ips.map((raw) => anEndpoint({ ip: ip(raw) }));
}

function addresses(query: Partial<Parameters<EndpointSliceCache['endpointsOf']>[0]> = {}): string[] {
  runToEnd(cache.takeChanges());
  return cache
    .endpointsOf({ ...QUERY, ...query })
    .map((endpoint) => joinHostPort(endpoint.ip, endpoint.port));
}
