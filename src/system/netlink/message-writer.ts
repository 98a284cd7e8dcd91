// Writes netlink messages into one growing buffer: headers, attributes, nested attributes, with lengths and padding done.
// Netlink itself is in host byte order; nfnetlink's payloads are big-endian, hence the `be` variants.

// Fairlead runs on amd64 and arm64, both little-endian, so host byte order is written as LE.
const ATTRIBUTE_HEADER_BYTES = 4;
const MAX_ATTRIBUTE_BYTES = 0xffff;
/** In the type of an attribute that contains attributes. nfnetlink demands it, rtnetlink does not mind. */
const NLA_F_NESTED = 0x8000;

export interface MessageHeader {
  readonly type: number;
  /** NLM_F_…; NLM_F_REQUEST is added. */
  readonly flags: number;
  /** From `NetlinkConnection.nextSequence`: the kernel's answers carry it. */
  readonly sequence: number;
}

/** In every message that goes to the kernel. */
const NLM_F_REQUEST = 1;

/**
 * A buffer of messages. Everything between `begin…` and the matching `end` belongs to that message or attribute.
 * A writer is reused: `reset` keeps the memory.
 */
export class MessageWriter {
  #buffer: Buffer;
  #length = 0;
  /** Where the open messages and attributes start; a message is always the outermost. */
  readonly #open: number[] = [];

  constructor(initialBytes = 4096) {
    this.#buffer = Buffer.allocUnsafe(initialBytes);
  }

  /** The number of bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** What was written, without a copy: valid until the next `reset` or write. Throws when something is still open. */
  bytes(): Buffer {
    if (this.#open.length > 0) throw new Error('a netlink message is not ended');
    return this.#buffer.subarray(0, this.#length);
  }

  reset(): void {
    this.#length = 0;
    this.#open.length = 0;
  }

  beginMessage({ type, flags, sequence }: MessageHeader): this {
    if (this.#open.length > 0) throw new Error('a netlink message is not ended');
    this.#open.push(this.#length);
    // Length, filled in by `end`; type; flags; sequence; port id, which the kernel knows.
    return this.u32(0)
      .u16(type)
      .u16(flags | NLM_F_REQUEST)
      .u32(sequence)
      .u32(0);
  }

  beginNested(type: number): this {
    this.#open.push(this.#length);
    return this.u16(0).u16(type | NLA_F_NESTED);
  }

  /** Ends the innermost open message or attribute. Throws RangeError when an attribute is too long for its 16 bit length. */
  end(): this {
    const start = this.#open.pop();
    if (start === undefined) throw new Error('nothing to end');
    if (this.#open.length === 0) this.#buffer.writeUInt32LE(this.#length - start, start);
    else this.#writeAttributeLength(start);
    return this;
  }

  u8(value: number): this {
    const at = this.#extend(1);
    this.#buffer[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#extend(2);
    this.#buffer.writeUInt16LE(value, at);
    return this;
  }

  u32(value: number): this {
    const at = this.#extend(4);
    this.#buffer.writeUInt32LE(value, at);
    return this;
  }

  be16(value: number): this {
    const at = this.#extend(2);
    this.#buffer.writeUInt16BE(value, at);
    return this;
  }

  be32(value: number): this {
    const at = this.#extend(4);
    this.#buffer.writeUInt32BE(value, at);
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#extend(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }

  attribute(type: number, value: Uint8Array): this {
    return this.#attributeHeader(type, value.length).raw(value).#pad();
  }

  attributeU8(type: number, value: number): this {
    return this.#attributeHeader(type, 1).u8(value).#pad();
  }

  attributeU16(type: number, value: number): this {
    return this.#attributeHeader(type, 2).u16(value).#pad();
  }

  attributeU32(type: number, value: number): this {
    return this.#attributeHeader(type, 4).u32(value);
  }

  attributeBe16(type: number, value: number): this {
    return this.#attributeHeader(type, 2).be16(value).#pad();
  }

  attributeBe32(type: number, value: number): this {
    return this.#attributeHeader(type, 4).be32(value);
  }

  attributeBe64(type: number, value: bigint): this {
    this.#attributeHeader(type, 8);
    const at = this.#extend(8);
    this.#buffer.writeBigUInt64BE(value, at);
    return this;
  }

  /** The text with the terminating zero byte that the kernel's NLA_NUL_STRING wants. */
  attributeString(type: number, text: string): this {
    const size = Buffer.byteLength(text) + 1;
    this.#attributeHeader(type, size);
    const at = this.#extend(size);
    this.#buffer.write(text, at);
    this.#buffer[at + size - 1] = 0;
    return this.#pad();
  }

  /** Bytes that are kept as text: one character, 0 to 255, for each. */
  attributeLatin1(type: number, bytes: string): this {
    const size = bytes.length;
    let at = this.#attributeHeader(type, size).#extend(size);
    // Keys and addresses have a few bytes: a loop writes them several times faster than Buffer.latin1Write.
    for (let i = 0; i < size; i++) this.#buffer[at++] = bytes.charCodeAt(i);
    return this.#pad();
  }

  #attributeHeader(type: number, valueBytes: number): this {
    const total = ATTRIBUTE_HEADER_BYTES + valueBytes;
    if (total > MAX_ATTRIBUTE_BYTES) throw tooLong(type, total);
    return this.u16(total).u16(type);
  }

  #writeAttributeLength(start: number): void {
    const total = this.#length - start;
    if (total > MAX_ATTRIBUTE_BYTES) throw tooLong(this.#buffer.readUInt16LE(start + 2), total);
    this.#buffer.writeUInt16LE(total, start);
  }

  #pad(): this {
    const padding = -this.#length & 3;
    const at = this.#extend(padding);
    this.#buffer.fill(0, at, at + padding);
    return this;
  }

  /** Makes room for `size` bytes more and answers where they start. */
  #extend(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) this.#grow();
    return at;
  }

  #grow(): void {
    const larger = Buffer.allocUnsafe(Math.max(this.#length, 2 * this.#buffer.length));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}

function tooLong(type: number, bytes: number): RangeError {
  return new RangeError(
    `netlink attribute ${type & ~NLA_F_NESTED} has ${bytes} bytes, ${MAX_ATTRIBUTE_BYTES} are possible`,
  );
}
