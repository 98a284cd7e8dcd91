// Request bodies: JSON text to a draft of an object.
import { isObject, parseJson } from '../../kube/json-object.ts';
import type { Draft } from './objects.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import { badRequest } from './status-error.ts';

/** Throws 400 for text that is no JSON. */
export function decodeJson(text: string): unknown {
  const value = parseJson(text);
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
  if (!isObject(metadata)) throw badRequest('metadata is not an object');
  checkStringMap(metadata['labels'], 'metadata.labels');
  checkStringMap(metadata['annotations'], 'metadata.annotations');
  return { ...value, metadata };
}

function checkStringMap(value: unknown, field: string): void {
  if (value === undefined || value === null) return;
  const isStringMap = isObject(value) && Object.values(value).every((entry) => typeof entry === 'string');
  if (!isStringMap) throw badRequest(`${field} is not a map of strings`);
}
