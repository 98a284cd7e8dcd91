// What the writer writes, the reader reads; and the exact bytes of one message as the kernel wants them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attributesOf,
  errorOf,
  type NetlinkMessage,
  readMessages,
  textOf,
} from '../../../../src/system/netlink/message-reader.ts';
import { MessageWriter } from '../../../../src/system/netlink/message-writer.ts';

const HEADER = { type: 20, flags: 0x304, sequence: 7 };

describe('MessageWriter', () => {
  it('writes lengths, padding, nesting and both byte orders', () => {
    const writer = new MessageWriter(1);
    writer.beginMessage(HEADER).u8(2).u8(32).be16(80);
    writer.beginNested(1).attributeString(2, 'lo').attributeBe32(3, 1).end().attributeU8(4, 9).end();
    expect(writer.bytes().toString('hex')).toBe(
      [
        '30000000', // length 48
        '14000503', // type 20, flags 0x304 | NLM_F_REQUEST
        '0700000000000000', // sequence, port id
        '02200050',
        '14000180', // nested attribute 1, 20 bytes
        '070002006c6f0000', // "lo" with its zero, padded
        '0800030000000001', // big-endian 1
        '0500040009000000', // 1 byte, padded
      ].join(''),
    );
  });

  it('refuses an attribute that does not fit into its 16 bit length', () => {
    const tooLong = new Uint8Array(0xffff - 3);
    expect(() => new MessageWriter().beginMessage(HEADER).attribute(1, tooLong)).toThrow(RangeError);
    const nested = new MessageWriter().beginMessage(HEADER).beginNested(1);
    for (let i = 0; i < 20; i++) nested.attribute(2, new Uint8Array(4000));
    expect(() => nested.end()).toThrow('netlink attribute 1 has');
  });

  it('hands out no message that is not ended', () => {
    const writer = new MessageWriter().beginMessage(HEADER);
    expect(() => writer.bytes()).toThrow('not ended');
    expect(() => writer.beginMessage(HEADER)).toThrow('not ended');
    expect(() => writer.end().end()).toThrow('nothing to end');
  });

  it('starts anew after a reset', () => {
    const writer = new MessageWriter().beginMessage(HEADER);
    writer.reset();
    expect(writer.bytes()).toHaveLength(0);
  });
});

type Attribute = { readonly type: number; readonly value: Uint8Array | readonly Attribute[] };

const { attribute } = fc.letrec<{ attribute: Attribute }>((tie) => ({
  attribute: fc.record({
    type: fc.integer({ min: 1, max: 0x3fff }),
    value: fc.oneof(
      { depthSize: 'small' },
      fc.uint8Array({ maxLength: 40 }),
      fc.uniqueArray(tie('attribute'), { maxLength: 4, selector: ({ type }) => type }),
    ),
  }),
}));

describe('messages', () => {
  it('read back as they were written', () => {
    const message = fc.record({
      type: fc.integer({ min: 16, max: 0xffff }),
      sequence: fc.nat(0xffffffff),
      attributes: fc.uniqueArray(attribute, { maxLength: 6, selector: ({ type }) => type }),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
        const writer = new MessageWriter(16);
        for (const { type, sequence, attributes } of messages) {
          writer.beginMessage({ type, flags: 0, sequence });
          for (const each of attributes) write(writer, each);
          writer.end();
        }
        const read = Array.from(readMessages(writer.bytes()));
        expect(read.map(({ type, sequence }) => ({ type, sequence }))).toEqual(
          messages.map(({ type, sequence }) => ({ type, sequence })),
        );
        read.forEach(({ payload }, i) => {
          expectAttributes(payload, messages[i]?.attributes ?? []);
        });
      }),
    );
  });

  it('of any bytes never make the reader fail or read beyond them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const message of readMessages(Buffer.from(bytes))) {
          expect(message.payload.length).toBeLessThanOrEqual(bytes.length);
          attributesOf(message.payload);
          errorOf(message);
        }
      }),
    );
  });
});

describe('errorOf', () => {
  const answer = (flags: number, payload: number[]): NetlinkMessage => ({
    type: 2,
    flags,
    sequence: 1,
    payload: Buffer.from(payload),
  });
  const HEADER_BYTES = new Array<number>(16).fill(0);

  it('finds none in an acknowledgement', () => {
    expect(errorOf(answer(0, [0, 0, 0, 0, ...HEADER_BYTES]))).toBeUndefined();
  });

  it("names the errno and the kernel's sentence", () => {
    const sentence = [8, 0, 1, 0, ...Buffer.from('no!\0')];
    const error = errorOf(answer(0x200, [0xfe, 0xff, 0xff, 0xff, ...HEADER_BYTES, ...sentence]));
    expect(error).toMatchObject({ errno: 2, code: 'ENOENT', message: 'ENOENT: no!' });
  });
});

function write(writer: MessageWriter, { type, value }: Attribute): void {
  if (value instanceof Uint8Array) {
    writer.attribute(type, value);
    return;
  }
  writer.beginNested(type);
  for (const each of value) write(writer, each);
  writer.end();
}

function expectAttributes(payload: Buffer, expected: readonly Attribute[]): void {
  const read = attributesOf(payload);
  expect([...read.keys()]).toEqual(expected.map(({ type }) => type));
  for (const { type, value } of expected) {
    const bytes = read.get(type) ?? Buffer.alloc(0);
    if (value instanceof Uint8Array) expect([...bytes]).toEqual([...value]);
    else expectAttributes(bytes, value);
  }
}

it('a text ends at its zero byte', () => {
  expect(textOf(Buffer.from('eth0\0\0'))).toBe('eth0');
  expect(textOf(Buffer.from('eth0'))).toBe('eth0');
});
