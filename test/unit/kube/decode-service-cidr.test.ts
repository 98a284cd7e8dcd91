import { describe, expect, it } from 'vitest';
import { decodeServiceCidr } from '../../../src/kube/decode-service-cidr.ts';
import { createIntern } from '../../../src/util/intern.ts';
import { recordedAnswer } from '../../fakes/recorded-answers.ts';

describe('decodeServiceCidr', () => {
  it('reads the ServiceCIDR of a real API server', () => {
    const [item] = JSON.parse(recordedAnswer('servicecidrs').body.toString()).items;
    expect(decodeServiceCidr(item, createIntern())).toMatchObject({
      name: 'kubernetes',
      resourceVersion: '28',
      cidrs: item.spec.cidrs,
    });
  });

  it('leaves out what is no network', () => {
    const object = { metadata: { name: 'x' }, spec: { cidrs: ['10.96.0.1/12', 'ten', 5] } };
    expect(decodeServiceCidr(object, createIntern()).cidrs).toEqual(['10.96.0.0/12']);
  });
});
