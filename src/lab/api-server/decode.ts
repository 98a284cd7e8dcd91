// Request bodies: from bytes to a draft of an object.
import * as v from 'valibot';
import { isObject, parseJson } from '../../kube/json-object.ts';
import type { Draft } from './objects.ts';
import { decodeProtobuf, takesProtobuf } from './protobuf.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { decode, listOf, recordOf, text, textMap, texts } from './schema.ts';
import { badRequest, unsupportedMediaType } from './status-error.ts';

/** A request body and its content type without parameters; both empty if the request has none. */
export interface RequestBody {
  readonly contentType: string;
  readonly bytes: Buffer;
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf';

/** What the client wrote, of which nothing is known yet. Throws 400 and 415. */
export function decodeBody(resource: Resource, { contentType, bytes }: RequestBody): unknown {
  if (contentType === PROTOBUF && takesProtobuf(resource)) {
    const value = decodeProtobuf(resource, bytes);
    if (value === undefined) throw badRequest('the body of the request is not a valid protobuf object');
    return value;
  }
  if (contentType !== '' && contentType !== 'application/json') {
    throw unsupportedMediaType(['application/json', ...(takesProtobuf(resource) ? [PROTOBUF] : [])]);
  }
  return decodeJson(bytes);
}

/** Throws 400 for text that is no JSON. */
export function decodeJson(bytes: Buffer): unknown {
  const value = parseJson(bytes.toString());
  if (value === undefined) throw badRequest('the body of the request is not valid JSON');
  return value;
}

/** The object, if it is one of the resource's kind. Throws 400. */
export function decodeDraft(resource: Resource, value: unknown): Draft {
  if (!isObject(value)) throw badRequest('the body of the request is not an object');
  const { kind, apiVersion, metadata = {} } = value;
  const expected = apiVersionOf(resource);
  if ((kind ?? resource.kind) !== resource.kind || (apiVersion ?? expected) !== expected) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): got ${apiVersion}, Kind=${kind}`,
    );
  }
  return { ...value, metadata: decode(metadataSchema, metadata, { kind: resource.kind, path: 'metadata' }) };
}

/** The fields that a server looks at; what it sets itself it does not even read. */
const metadataSchema = recordOf({
  name: text,
  generateName: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
  labels: textMap,
  annotations: textMap,
  finalizers: texts,
  ownerReferences: listOf(v.record(v.string(), v.unknown())),
});
