import { describe, expect, it } from 'vitest';
import { decodeEndpointSlice } from '../../../src/kube/decode-endpoint-slice.ts';
import { createIntern } from '../../../src/util/intern.ts';
import { recordedAnswer } from '../../fakes/recorded-answers.ts';

const metadata = { namespace: 'shop', name: 'web-a', labels: { 'kubernetes.io/service-name': 'web' } };
const slice = { metadata, addressType: 'IPv4' };

describe('decodeEndpointSlice', () => {
  it('reads the slices of a real API server without complaint', () => {
    const items: object[] = JSON.parse(recordedAnswer('list-endpointslices').body.toString()).items;
    const records = items.map(decode);
    expect(records.flatMap(({ problems }) => problems)).toEqual([]);
    expect(records.find(({ name }) => name === 'web-a')).toMatchObject({
      serviceName: 'web',
      family: 'IPv4',
      ports: [{ name: '', protocol: 'TCP', port: 8080 }],
    });
    expect(new Set(records.map(({ family }) => family))).toEqual(new Set(['IPv4', 'IPv6']));
  });

  it('reads everything that an endpoint says', () => {
    const endpoint = {
      addresses: ['10.0.0.1', '10.0.0.2'],
      conditions: { ready: false, serving: true, terminating: true },
      nodeName: 'node-1',
      zone: 'a',
      targetRef: { kind: 'Pod', name: 'web-1' },
      hints: { forZones: [{ name: 'a' }, {}], forNodes: [{ name: 'node-1' }] },
    };
    expect(decode({ ...slice, endpoints: [endpoint] }).endpoints).toEqual([
      {
        ip: '10.0.0.1',
        nodeName: 'node-1',
        zone: 'a',
        podName: 'web-1',
        ready: false,
        serving: true,
        terminating: true,
        zoneHints: ['a'],
        nodeHints: ['node-1'],
      },
    ]);
  });

  it('takes missing conditions for ready and serving', () => {
    const [endpoint] = decode({ ...slice, endpoints: [{ addresses: ['10.0.0.1'] }] }).endpoints;
    expect(endpoint).toMatchObject({
      ready: true,
      serving: true,
      terminating: false,
      nodeName: '',
      podName: '',
    });
  });

  it.each(['FQDN', 'IPv5'])('keeps nothing of a slice of type %s', (addressType) => {
    const record = decode({
      ...slice,
      addressType,
      endpoints: [{ addresses: ['x'] }],
      ports: [{ name: '', port: 1 }],
    });
    expect(record).toMatchObject({ family: undefined, endpoints: [], ports: [], problems: [] });
  });

  it.each([
    ['no address', {}],
    ['null', null],
    ['a number for an address', { addresses: [1] }],
    ['an address of the other family', { addresses: ['fd00::1'] }],
    ['a host name', { addresses: ['localhost'] }],
  ])('leaves out an endpoint with %s and keeps the others', (_, bad) => {
    const { endpoints, problems } = decode({ ...slice, endpoints: [bad, { addresses: ['10.0.0.9'] }] });
    expect(endpoints.map(({ ip }) => ip)).toEqual(['10.0.0.9']);
    expect(problems).toHaveLength(1);
  });

  it('skips ports without name or number, as kube-proxy does', () => {
    const ports = [
      { port: 1 },
      { name: null, port: 1 },
      { name: 'a' },
      { name: 'b', port: 0 },
      null,
      { name: 'ok', port: 5 },
    ];
    const record = decode({ ...slice, ports });
    expect(record.ports).toEqual([{ name: 'ok', protocol: 'TCP', port: 5 }]);
    expect(record.problems).toEqual([]);
  });

  it('complains about ports that are wrong', () => {
    const ports = [
      { name: 'A B', port: 1 },
      { name: 'a', port: 99_999 },
      { name: 'b', port: 1, protocol: 6 },
    ];
    expect(decode({ ...slice, ports }).problems).toHaveLength(3);
  });

  it.each([
    ['2026-11-21T10:58:51.123456789Z', Date.parse('2026-11-21T10:58:51.123Z')],
    ['yesterday', 0],
    [7, 0],
  ])('reads the trigger time %s', (time, wanted) => {
    const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': time };
    expect(decode({ ...slice, metadata: { ...metadata, annotations } }).triggerTimeMs).toBe(wanted);
  });

  it('keeps one copy of names that come again', () => {
    const seen: string[] = [];
    const endpoints = [
      { addresses: ['10.0.0.1'], nodeName: 'node-1', zone: 'z', hints: { forZones: [{ name: 'z' }] } },
    ];
    decodeEndpointSlice({ ...slice, endpoints }, (text) => {
      seen.push(text);
      return text;
    });
    expect(seen).toEqual(expect.arrayContaining(['shop', 'node-1', 'z']));
  });

  it('is not confused by a slice that names no Service', () => {
    expect(decode({ ...slice, metadata: { ...metadata, labels: null } }).serviceName).toBe('');
  });

  it('refuses an object without addressType', () => {
    expect(() => decode({ metadata })).toThrow(expect.objectContaining({ name: 'DecodeError' }));
  });
});

function decode(object: object) {
  return decodeEndpointSlice({ ...object }, createIntern());
}
