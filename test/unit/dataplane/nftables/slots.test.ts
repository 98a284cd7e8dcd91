import { describe, expect, it } from 'vitest';
import { allocateSlots, packEndpoint } from '../../../../src/dataplane/nftables/slots.ts';
import type { PlannedEndpoint } from '../../../../src/plan/plan.ts';
import { aTarget } from '../../../builders/iptables-plans.ts';

/** `a`, `b`, … on 10.244.1.1, 10.244.1.2, … */
function endpoints(letters: string): PlannedEndpoint[] {
  return Array.from(letters, (letter) => aTarget(`10.244.1.${letter.charCodeAt(0) - 96}`));
}

function allocate(before: string, wanted: string): string {
  const slots = allocateSlots(endpoints(before).map(packEndpoint), endpoints(wanted));
  return slots.map(({ ip }) => String.fromCharCode(Number(ip.split('.')[3]) + 96)).join('');
}

describe('slots', () => {
  it.each([
    ['are in the order of the plan at first', '', 'abc', 'abc'],
    ['stay as they are when nothing changes but the order', 'cab', 'abc', 'cab'],
    ['of one who leaves go to the last', 'abcd', 'acd', 'adc'],
    ['of several who leave go to the last ones', 'abcdef', 'bdf', 'fbd'],
    ['of the last leave no hole', 'abc', 'ab', 'ab'],
    ['of those who leave go to newcomers first', 'abcd', 'acdx', 'axcd'],
    ['of further newcomers come after the others', 'ab', 'abxy', 'abxy'],
    ['of all may go to others', 'abc', 'xy', 'xy'],
    ['may all become free', 'abc', '', ''],
  ])('%s', (_, before, wanted, after) => {
    expect(allocate(before, wanted)).toBe(after);
  });

  it('are the list of the plan itself as long as they are in its order', () => {
    const wanted = endpoints('abc');
    expect(allocateSlots([], wanted)).toBe(wanted);
    expect(allocateSlots(endpoints('ab').map(packEndpoint), wanted)).toBe(wanted);
  });

  it('end where those of the node begin', () => {
    const many = Array.from({ length: 65_540 }, (_, i) =>
      aTarget(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`),
    );
    const slots = allocateSlots([], many);
    expect(slots).toHaveLength(65_536);
    const before = slots.map(packEndpoint);
    expect(allocateSlots(before, many.slice(4)).map(packEndpoint).slice(4)).toEqual(before.slice(4));
  });

  it('keep an endpoint once that is named twice', () => {
    expect(allocate('a', 'aab')).toBe('ab');
  });
});
