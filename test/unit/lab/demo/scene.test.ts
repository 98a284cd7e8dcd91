import { describe, expect, it } from 'vitest';
import { isAsExpected } from '../../../../src/lab/demo/scene.ts';

const EVEN = { pods: ['a', 'b'], share: 'even', source: '192.0.2.1' } as const;
const ONE = { ...EVEN, share: 'one' } as const;
const SILENT = { ...EVEN, pods: [] } as const;
const FINE = { answeredBy: { a: 104, b: 96 }, sources: ['192.0.2.1'], errors: {} };

describe('a scene of the demo', () => {
  it.each([
    { title: 'about the same for each pod', scene: EVEN, seen: FINE },
    { title: 'one pod for a client that is to stay', scene: ONE, seen: { ...FINE, answeredBy: { b: 200 } } },
    { title: 'silence', scene: SILENT, seen: { answeredBy: {}, sources: [], errors: { ETIMEDOUT: 3 } } },
  ])('is right with $title', ({ scene, seen }) => {
    expect(isAsExpected(scene, seen)).toBe(true);
  });

  it.each([
    { title: 'an uneven share', scene: EVEN, seen: { ...FINE, answeredBy: { a: 150, b: 50 } } },
    { title: 'a pod that is left out', scene: EVEN, seen: { ...FINE, answeredBy: { a: 200 } } },
    {
      title: 'a pod that has no business there',
      scene: EVEN,
      seen: { ...FINE, answeredBy: { a: 90, b: 90, c: 20 } },
    },
    { title: 'another source', scene: EVEN, seen: { ...FINE, sources: ['192.0.2.2'] } },
    { title: 'two sources', scene: EVEN, seen: { ...FINE, sources: ['192.0.2.1', '192.0.2.2'] } },
    { title: 'one error', scene: EVEN, seen: { ...FINE, errors: { ECONNRESET: 1 } } },
    { title: 'two pods for a client that is to stay', scene: ONE, seen: FINE },
    {
      title: 'a wrong pod for a client that is to stay',
      scene: ONE,
      seen: { ...FINE, answeredBy: { c: 200 } },
    },
    { title: 'an answer where silence is due', scene: SILENT, seen: FINE },
  ])('is wrong with $title', ({ scene, seen }) => {
    expect(isAsExpected(scene, seen)).toBe(false);
  });
});
