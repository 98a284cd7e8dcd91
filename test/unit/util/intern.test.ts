import { describe, expect, it } from 'vitest';
import { createIntern } from '../../../src/util/intern.ts';

describe('intern', () => {
  it('gives back equal strings, however many there are', () => {
    const intern = createIntern(10);
    const names = Array.from({ length: 100 }, (_, i) => `node-${i % 25}`);
    expect(names.map(intern)).toEqual(names);
  });
});
