// Of a process of its own: what the setting changes cannot be changed back.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const HEAP = resolve(import.meta.dirname, '../../../src/system/heap.ts');

/** Makes objects that live for a while, as lists of records do, and prints how large the young generation became. */
const ALLOCATE = `
  const kept = [];
  for (let i = 0; i < 1_000_000; i++) kept.push({ i, text: 'object ' + i });
  const { getHeapSpaceStatistics } = await import('node:v8');
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  console.log(young.space_size / 2 ** 20);
`;

function youngGenerationMiB(prelude: string): number {
  const args = ['--input-type=module', '--eval', `${prelude}${ALLOCATE}`];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

describe('keepHeapSmall', () => {
  const set = `const { keepHeapSmall } = await import('file://${HEAP}'); keepHeapSmall();`;

  it('keeps the young generation to a few MiB, which otherwise grows', () => {
    expect(youngGenerationMiB('')).toBeGreaterThanOrEqual(16);
    expect(youngGenerationMiB(set)).toBeLessThanOrEqual(4);
  });
});

/** Makes many objects, keeps one of eight, and prints how large the heap is in the end. */
const FRAGMENT = `
  const { getHeapStatistics } = await import('node:v8');
  const heapMiB = () => getHeapStatistics().total_physical_size / 2 ** 20;
  let all = [];
  for (let i = 0; i < 400_000; i++) all.push({ i, text: 'object ' + i });
  globalThis.kept = all.filter((_, i) => i % 8 === 0);
  all = [];
  const before = heapMiB();
  settle();
  for (let i = 0; i < 30 && heapMiB() > before / 2; i++) await new Promise((resolve) => setTimeout(resolve, 100));
  console.log(heapMiB() / before);
`;

describe('compactHeapWhenIdle', () => {
  it('has V8 give back what a burst of work left, which it otherwise keeps', () => {
    const load = `const { compactHeapWhenIdle } = await import('file://${HEAP}');`;
    expect(shareLeft('const settle = () => {};')).toBeGreaterThan(0.6);
    expect(shareLeft(`${load} const settle = compactHeapWhenIdle;`)).toBeLessThanOrEqual(0.5);
  });
});

function shareLeft(prelude: string): number {
  const flags = ['--gc-memory-reducer-start-delay-ms=100', '--input-type=module'];
  const args = [...flags, '--eval', `${prelude}${FRAGMENT}`];
  return Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}
