import { describe, expect, it } from 'vitest';
import { MalformedBodyError, TruncatedBodyError } from '../../../src/kube/byte-stream.ts';
import { watchLines } from '../../../src/kube/watch-lines.ts';

describe('watchLines', () => {
  it('gives the same lines wherever the body is cut, characters included', async () => {
    const bytes = Buffer.from('{"a":"é€😀"}\n\n{"b":1}\r\n');
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const { lines } = await read([bytes.subarray(0, cut), bytes.subarray(cut)]);
      expect(lines.map((line) => JSON.parse(line))).toEqual([{ a: 'é€😀' }, { b: 1 }]);
    }
  });

  it('gives the complete lines and then says that the last one is cut', async () => {
    const { lines, error } = await read([Buffer.from('{"a":1}\n{"b":2}')]);
    expect(lines).toEqual(['{"a":1}']);
    expect(error).toBeInstanceOf(TruncatedBodyError);
  });

  it('does not collect a line without end', async () => {
    const { error } = await read(Array.from({ length: 1_000 }, () => Buffer.alloc(65_536, 'x')));
    expect(error).toBeInstanceOf(MalformedBodyError);
  });
});

async function read(chunks: readonly Buffer[]) {
  const lines: string[] = [];
  try {
    for await (const line of watchLines(streamOf(chunks))) lines.push(line);
    return { lines };
  } catch (error) {
    return { lines, error };
  }
}

async function* streamOf(chunks: readonly Buffer[]) {
  yield* chunks;
}
