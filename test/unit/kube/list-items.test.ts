import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedBodyError, TruncatedBodyError } from '../../../src/kube/byte-stream.ts';
import { listItems } from '../../../src/kube/list-items.ts';

describe('listItems', () => {
  it('gives the items of any list, however it is written and cut', async () => {
    const lists = fc.record({
      items: fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
      metadata: fc.dictionary(fc.string(), fc.jsonValue()),
      isItemsFirst: fc.boolean(),
      indent: fc.nat(2),
      chunkBytes: fc.integer({ min: 1, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(lists, async ({ items, metadata, isItemsFirst, indent, chunkBytes }) => {
        const list = isItemsFirst ? { items, metadata } : { metadata, items };
        const text = JSON.stringify(list, null, indent);
        expect(await read(text, chunkBytes)).toEqual(
          JSON.parse(JSON.stringify([...items, { metadata, items: [] }])),
        );
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['null for items', '{"metadata":{},"items":null}', [{ metadata: {}, items: null }]],
    ['no items', '{"metadata":{}}', [{ metadata: {} }]],
    [
      'a list in the metadata',
      '{"metadata":{"items":[{"a":1}]},"items":[{"b":2}]}',
      [{ b: 2 }, { metadata: { items: [{ a: 1 }] }, items: [] }],
    ],
    ['brackets in strings', '{"items":[{"a":"]}[{\\"\\\\"}]}', [{ a: ']}[{"\\' }, { items: [] }]],
  ])('understands %s', async (_, text, wanted) => {
    for (const chunkBytes of [1, 1_000]) expect(await read(text, chunkBytes)).toEqual(wanted);
  });

  it.each(['', '{"items":[', '{"items":[{}]', '{"items":["a'])('sees that %j is cut short', async (text) => {
    await expect(read(text, 5)).rejects.toThrow(TruncatedBodyError);
  });

  it.each(['<html>', '[]', '{"items":[{}]}}{', 'null'])('sees that %j is no list', async (text) => {
    await expect(read(text, 5)).rejects.toThrow(MalformedBodyError);
  });

  it('does not collect garbage without end', async () => {
    async function* endless() {
      for (;;) yield Buffer.alloc(65_536, 'x');
    }
    await expect(drain(endless())).rejects.toThrow(MalformedBodyError);
  });
});

async function read(text: string, chunkBytes: number): Promise<unknown[]> {
  const bytes = Buffer.from(text);
  async function* chunks() {
    for (let i = 0; i < bytes.length; i += chunkBytes) yield bytes.subarray(i, i + chunkBytes);
  }
  return drain(chunks());
}

async function drain(body: AsyncIterable<Buffer>): Promise<unknown[]> {
  const pieces: unknown[] = [];
  for await (const piece of listItems(body))
    pieces.push(piece.kind === 'item' ? JSON.parse(piece.text) : piece.envelope);
  return pieces;
}
