// Objects in protobuf, as far as kubectl 1.31 and newer sends them: its typed `create` commands do, and a server that
// takes only JSON would refuse `kubectl create namespace`. Answers stay JSON, which such clients take as well.
import type { Resource } from './resources.ts';

/** Field number to name and type, from the generated.proto files of k8s.io/api and k8s.io/apimachinery. */
type Message = ReadonlyMap<number, readonly [name: string, type: FieldType]>;
type FieldType =
  | 'text'
  | 'texts'
  | 'textMap'
  | 'integer'
  | 'boolean'
  | 'intOrString'
  | Message
  | readonly [Message];

const OBJECT_META: Message = new Map<number, readonly [string, FieldType]>([
  [1, ['name', 'text']],
  [2, ['generateName', 'text']],
  [3, ['namespace', 'text']],
  [5, ['uid', 'text']],
  [6, ['resourceVersion', 'text']],
  [11, ['labels', 'textMap']],
  [12, ['annotations', 'textMap']],
  [14, ['finalizers', 'texts']],
]);

const SERVICE_PORT: Message = new Map<number, readonly [string, FieldType]>([
  [1, ['name', 'text']],
  [2, ['protocol', 'text']],
  [3, ['port', 'integer']],
  [4, ['targetPort', 'intOrString']],
  [5, ['nodePort', 'integer']],
  [6, ['appProtocol', 'text']],
]);

const CLIENT_IP: Message = new Map([[1, ['clientIP', new Map([[1, ['timeoutSeconds', 'integer']]])]]]);

const SERVICE_SPEC: Message = new Map<number, readonly [string, FieldType]>([
  [1, ['ports', [SERVICE_PORT]]],
  [2, ['selector', 'textMap']],
  [3, ['clusterIP', 'text']],
  [4, ['type', 'text']],
  [5, ['externalIPs', 'texts']],
  [7, ['sessionAffinity', 'text']],
  [8, ['loadBalancerIP', 'text']],
  [9, ['loadBalancerSourceRanges', 'texts']],
  [10, ['externalName', 'text']],
  [11, ['externalTrafficPolicy', 'text']],
  [12, ['healthCheckNodePort', 'integer']],
  [13, ['publishNotReadyAddresses', 'boolean']],
  [14, ['sessionAffinityConfig', CLIENT_IP]],
  [17, ['ipFamilyPolicy', 'text']],
  [18, ['clusterIPs', 'texts']],
  [19, ['ipFamilies', 'texts']],
  [20, ['allocateLoadBalancerNodePorts', 'boolean']],
  [21, ['loadBalancerClass', 'text']],
  [22, ['internalTrafficPolicy', 'text']],
  [23, ['trafficDistribution', 'text']],
]);

const MESSAGES: Readonly<Record<string, Message>> = {
  namespaces: new Map([[1, ['metadata', OBJECT_META]]]),
  services: new Map<number, readonly [string, FieldType]>([
    [1, ['metadata', OBJECT_META]],
    [2, ['spec', SERVICE_SPEC]],
  ]),
};

const UNKNOWN: Message = new Map<number, readonly [string, FieldType]>([
  [
    1,
    [
      'typeMeta',
      new Map<number, readonly [string, FieldType]>([
        [1, ['apiVersion', 'text']],
        [2, ['kind', 'text']],
      ]),
    ],
  ],
]);

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
