// Objects in protobuf, as far as kubectl 1.31 and newer sends them: its typed `create` commands do, and a server that
// takes only JSON would refuse `kubectl create namespace`. Answers stay JSON, which such clients take as well.
import { type FieldType, MESSAGES, type Message, UNKNOWN } from './protobuf-messages.ts';
import type { Resource } from './resources.ts';

/** Every encoded object starts with this, then comes a runtime.Unknown that holds it. */
const MAGIC = 'k8s\0';
const RAW_FIELD = 2;

export function takesProtobuf({ plural }: Resource): boolean {
  return Object.hasOwn(MESSAGES, plural);
}

/** The object as its JSON would be, or undefined if the bytes are none of the resource's kind. */
export function decodeProtobuf({ plural }: Resource, bytes: Buffer): unknown {
  const message = MESSAGES[plural];
  if (!message || bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) return undefined;
  try {
    const envelope = bytes.subarray(MAGIC.length);
    const raw = fields(envelope).find(({ number }) => number === RAW_FIELD)?.bytes;
    const { typeMeta } = decodeMessage(UNKNOWN, envelope);
    return raw && { ...(typeMeta as object), ...decodeMessage(message, raw) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function decodeMessage(message: Message, bytes: Buffer): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const field of fields(bytes)) {
    const [name, type] = message.get(field.number) ?? [];
    if (name === undefined || type === undefined) continue;
    const value = decodeField(type, field, object[name]);
    // Go encodes empty strings and zeros that JSON leaves out.
    if (value !== '' && value !== 0) object[name] = value;
  }
  return object;
}

/** `before` is what earlier occurrences of a repeated field have made. */
function decodeField(type: FieldType, { value, bytes }: Field, before: unknown): unknown {
  switch (type) {
    case 'text':
      return bytes.toString();
    case 'integer':
      return value;
    case 'boolean':
      return value !== 0;
    case 'texts':
      return [...((before as string[] | undefined) ?? []), bytes.toString()];
    case 'textMap':
      return { ...(before as object | undefined), ...textEntry(bytes) };
    case 'intOrString':
      return intOrString(bytes);
  }
  if (type instanceof Map) return decodeMessage(type, bytes);
  return [
    ...((before as unknown[] | undefined) ?? []),
    decodeMessage((type as readonly [Message])[0], bytes),
  ];
}

function textEntry(bytes: Buffer): Record<string, string> {
  const [key, value] = [1, 2].map((wanted) =>
    fields(bytes)
      .find(({ number }) => number === wanted)
      ?.bytes.toString(),
  );
  return { [key ?? '']: value ?? '' };
}

/** intstr.IntOrString: `type` 1 means the string. */
function intOrString(bytes: Buffer): number | string {
  const [type, integer, text] = [1, 2, 3].map((wanted) =>
    fields(bytes).find(({ number }) => number === wanted),
  );
  return type?.value === 1 ? (text?.bytes.toString() ?? '') : (integer?.value ?? 0);
}

interface Field {
  readonly number: number;
  /** Of a varint. */
  readonly value: number;
  /** Of a length-delimited field. */
  readonly bytes: Buffer;
}

const NO_BYTES = Buffer.alloc(0);

/** Throws RangeError where the bytes end too early or have another wire type. */
function fields(bytes: Buffer): Field[] {
  const found: Field[] = [];
  let offset = 0;
  const varint = (): number => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes.readUInt8(offset++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (offset < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const length = varint();
    if (tag % 8 === 0) {
      found.push({ number, value: length, bytes: NO_BYTES });
      continue;
    }
    if (tag % 8 !== 2 || offset + length > bytes.length)
      throw new RangeError('not a message of the Kubernetes API');
    found.push({ number, value: 0, bytes: bytes.subarray(offset, offset + length) });
    offset += length;
  }
  return found;
}
