// EndpointSlices (pkg/registry/discovery/endpointslice/strategy.go, pkg/apis/discovery/validation).
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { type IpFamily, ipFamilyOf, parseIp } from '../../model/ip.ts';
import { duplicateField, invalidField, requiredField, unsupportedField } from './field-error.ts';
import { labelProblems } from './object-name.ts';
import type { ApiObject } from './objects.ts';
import { decode, flag, integer, listOf, objectOf, recordOf, text, textMap, texts } from './schema.ts';
import type { StatusCause } from './status-error.ts';
import type { Strategy } from './strategy.ts';

const reference = objectOf({
  kind: text,
  namespace: text,
  name: text,
  uid: text,
  apiVersion: text,
  resourceVersion: text,
  fieldPath: text,
});

const endpointSchema = recordOf({
  addresses: texts,
  conditions: objectOf({ ready: flag, serving: flag, terminating: flag }),
  hostname: text,
  targetRef: reference,
  deprecatedTopology: textMap,
  nodeName: text,
  zone: text,
  hints: objectOf({
    forZones: listOf(recordOf({ name: v.string() })),
    forNodes: listOf(recordOf({ name: v.string() })),
  }),
});

const portSchema = recordOf({ name: text, protocol: text, port: integer, appProtocol: text });

const sliceSchema = recordOf({
  addressType: text,
  endpoints: listOf(endpointSchema),
  ports: listOf(portSchema),
});

type Slice = v.InferOutput<typeof sliceSchema>;
type Endpoint = v.InferOutput<typeof endpointSchema>;
type Port = v.InferOutput<typeof portSchema>;

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MAX_ENDPOINTS = 1_000;
const MAX_ADDRESSES = 100;

export const endpointSliceStrategy: Strategy = {
  complete: ({ addressType, endpoints, ports }) => {
    const slice = decode(sliceSchema, { addressType, endpoints, ports }, { kind: 'EndpointSlice', path: '' });
    return {
      ...slice,
      // Like Go, which has no empty list to leave out here.
      endpoints: (slice.endpoints ?? []).map((endpoint) => ({ conditions: {}, ...endpoint })),
      ports: (slice.ports ?? []).map((port) => ({ name: '', protocol: 'TCP', ...port })),
    };
  },
  validate: (object, previous) => [
    ...addressTypeProblems(object as Slice, previous as Slice | undefined),
    ...portProblems((object as Slice).ports ?? []),
    ...endpointProblems(object as Slice),
  ],
  hasNewGeneration: (object, previous) => !isDeepStrictEqual(counted(object), counted(previous)),
};

/** Everything but metadata, and the labels. */
function counted({ metadata, ...body }: ApiObject): unknown {
  return { ...body, labels: metadata.labels ?? {} };
}

function addressTypeProblems({ addressType }: Slice, previous: Slice | undefined): StatusCause[] {
  if (!addressType) return [requiredField('addressType')];
  if (!ADDRESS_TYPES.includes(addressType))
    return [unsupportedField('addressType', addressType, ADDRESS_TYPES)];
  const isSame = !previous || previous.addressType === addressType;
  return isSame ? [] : [invalidField('addressType', addressType, 'field is immutable')];
}

function portProblems(ports: readonly Port[]): StatusCause[] {
  return ports.flatMap(({ name = '', protocol }, i) => [
    ...(name ? labelProblems(`ports[${i}].name`, name) : []),
    ...(ports.findIndex((other) => other.name === name) < i
      ? [duplicateField(`ports[${i}].name`, name)]
      : []),
    ...(PROTOCOLS.includes(protocol ?? '')
      ? []
      : [unsupportedField(`ports[${i}].protocol`, protocol, PROTOCOLS)]),
  ]);
}

function endpointProblems({ addressType, endpoints = [] }: Slice): StatusCause[] {
  if (endpoints.length > MAX_ENDPOINTS) return [tooMany('endpoints', endpoints.length, MAX_ENDPOINTS)];
  return endpoints.flatMap((endpoint, i) =>
    addressesProblems(endpoint, `endpoints[${i}].addresses`, addressType),
  );
}

function addressesProblems(
  { addresses = [] }: Endpoint,
  field: string,
  addressType: string | undefined,
): StatusCause[] {
  if (addresses.length === 0) return [requiredField(field, 'must contain at least 1 address')];
  if (addresses.length > MAX_ADDRESSES) return [tooMany(field, addresses.length, MAX_ADDRESSES)];
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return [];
  return addresses.flatMap((address, i) => addressProblems(address, `${field}[${i}]`, addressType));
}

function addressProblems(address: string, field: string, family: IpFamily): StatusCause[] {
  const ip = parseIp(address);
  if (!ip)
    return [invalidField(field, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  return ipFamilyOf(ip) === family ? [] : [invalidField(field, address, `must be an ${family} address`)];
}

function tooMany(field: string, count: number, max: number): StatusCause {
  return {
    reason: 'FieldValueTooMany',
    message: `Too many: ${count}: must have at most ${max} items`,
    field,
  };
}
