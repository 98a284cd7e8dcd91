import { describe, expect, it } from 'vitest';
import { decodeNode } from '../../../src/kube/decode-node.ts';
import { createIntern } from '../../../src/util/intern.ts';
import { recordedAnswer } from '../../fakes/recorded-answers.ts';

describe('decodeNode', () => {
  it('reads the Node of a real API server', () => {
    const [line = ''] = recordedAnswer('watchlist-node').body.toString().split('\n');
    expect(decode(JSON.parse(line).object)).toEqual({
      name: 'node-1',
      uid: '1bc6eaff-36fe-4f4c-95ac-02815df44103',
      resourceVersion: '274',
      generation: 0,
      zone: 'zone-a',
      internalIps: ['192.0.2.11', '2001:db8:2::11'],
      externalIps: [],
      podCidrs: ['10.244.1.0/24', 'fd00:10:244:1::/64'],
      taintKeys: ['node.kubernetes.io/not-ready'],
      isDeleting: false,
    });
  });

  it('takes podCIDR where podCIDRs is missing', () => {
    expect(decode({ metadata: { name: 'n' }, spec: { podCIDR: '10.1.0.0/24' } }).podCidrs).toEqual([
      '10.1.0.0/24',
    ]);
  });

  it('sees that a Node is being deleted', () => {
    expect(decode({ metadata: { name: 'n', deletionTimestamp: '2026-11-21T10:00:00Z' } }).isDeleting).toBe(
      true,
    );
  });

  it('leaves out what is wrong', () => {
    const spec = { podCIDRs: ['x', '10.0.0.0/8'], taints: [{ key: 5 }, null, { key: 'k' }] };
    const status = {
      addresses: [null, { type: 'InternalIP' }, { type: 'ExternalIP', address: '203.0.113.1' }],
    };
    expect(decode({ metadata: { name: 'n', labels: 3 }, spec, status })).toMatchObject({
      zone: '',
      internalIps: [],
      externalIps: ['203.0.113.1'],
      podCidrs: ['10.0.0.0/8'],
      taintKeys: ['k'],
    });
  });
});

function decode(object: object) {
  return decodeNode({ ...object }, createIntern());
}
