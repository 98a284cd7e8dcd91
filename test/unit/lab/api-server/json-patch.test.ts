import { describe, expect, it } from 'vitest';
import { applyJsonPatch, JsonPatchError } from '../../../../src/lab/api-server/json-patch.ts';

const document = { a: { b: [1, 2, 3] }, 'x/y': 1, 'm~n': 2 };

describe('JSON patch', () => {
  it.each([
    ['add', [{ op: 'add', path: '/c', value: 1 }], { ...document, c: 1 }],
    ['add to a list', [{ op: 'add', path: '/a/b/1', value: 9 }], { ...document, a: { b: [1, 9, 2, 3] } }],
    ['append', [{ op: 'add', path: '/a/b/-', value: 9 }], { ...document, a: { b: [1, 2, 3, 9] } }],
    ['remove', [{ op: 'remove', path: '/a/b/0' }], { ...document, a: { b: [2, 3] } }],
    ['replace', [{ op: 'replace', path: '/a/b/2', value: 9 }], { ...document, a: { b: [1, 2, 9] } }],
    ['replace all', [{ op: 'replace', path: '', value: { z: 1 } }], { z: 1 }],
    ['move', [{ op: 'move', from: '/a/b', path: '/b' }], { ...document, a: {}, b: [1, 2, 3] }],
    ['copy', [{ op: 'copy', from: '/a/b/0', path: '/c' }], { ...document, c: 1 }],
    ['test', [{ op: 'test', path: '/a', value: { b: [1, 2, 3] } }], document],
    [
      'escapes',
      [
        { op: 'test', path: '/x~1y', value: 1 },
        { op: 'remove', path: '/m~0n' },
      ],
      { a: { b: [1, 2, 3] }, 'x/y': 1 },
    ],
  ])('%s', (_, operations, expected) => {
    expect(applyJsonPatch(document, operations)).toEqual(expected);
  });

  it.each([
    [[{ op: 'test', path: '/a/b/0', value: 2 }]],
    [[{ op: 'remove', path: '/missing' }]],
    [[{ op: 'replace', path: '/missing', value: 1 }]],
    [[{ op: 'add', path: '/missing/x', value: 1 }]],
    [[{ op: 'add', path: '/a/b/9', value: 1 }]],
    [[{ op: 'add', path: '/a/b/01', value: 1 }]],
    [[{ op: 'add', path: 'a', value: 1 }]],
    [[{ op: 'add', path: '/__proto__/x', value: 1 }]],
    [[{ op: 'mix', path: '/a' }]],
    [['no object']],
    [{ op: 'add' }],
  ])('refuses %j', (operations) => {
    expect(() => applyJsonPatch(document, operations)).toThrow(JsonPatchError);
  });

  it('changes neither the document nor, through the result, the patch', () => {
    const value = { deep: [1] };
    const result = applyJsonPatch(document, [{ op: 'add', path: '/c', value }]) as { c: { deep: number[] } };
    result.c.deep.push(2);
    expect(value).toEqual({ deep: [1] });
    expect(document).not.toHaveProperty('c');
  });
});
