// The body of a PATCH request, by its content type.
import { isObject } from '../../kube/json-object.ts';
import { applyJsonPatch, JsonPatchError } from './json-patch.ts';
import { listStrategiesOf } from './list-strategies.ts';
import { applyMergePatch } from './merge-patch.ts';
import type { ApiObject } from './objects.ts';
import type { Resource } from './resources.ts';
import { badRequest, StatusError, unsupportedMediaType } from './status-error.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

/** Server-side apply is not among them: it would need the owner of each field. */
const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
];

export interface Patch {
  readonly contentType: string;
  readonly body: unknown;
}

/** The object with the patch applied, which may be anything. Throws 400, 415 or 422. */
export function applyPatch(resource: Resource, object: ApiObject, { contentType, body }: Patch): unknown {
  switch (contentType) {
    case 'application/json-patch+json':
      return jsonPatched(object, body);
    case 'application/merge-patch+json':
      return applyMergePatch(object, objectBody(body));
    case 'application/strategic-merge-patch+json':
      return applyStrategicMergePatch(object, objectBody(body), listStrategiesOf(resource));
    default:
      throw unsupportedMediaType(PATCH_TYPES);
  }
}

function jsonPatched(object: ApiObject, operations: unknown): unknown {
  try {
    return applyJsonPatch(object, operations);
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    throw new StatusError(
      422,
      'Invalid',
      `the server rejected our request due to an error in our request: ${error.message}`,
    );
  }
}

function objectBody(body: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(body))
    throw badRequest('json: cannot unmarshal the patch into Go value of type map[string]interface {}');
  return body;
}
