// Event exists in two groups that show the same objects under different field names (pkg/apis/events/v1/conversion.go).
// Events are stored in the form of the core group.
import type { ApiObject, Draft } from './objects.ts';
import { apiVersionOf, coreEvents, events, type Resource } from './resources.ts';

/** The field in events.k8s.io/v1 and in v1. */
const RENAMED: readonly (readonly [string, string])[] = [
  ['regarding', 'involvedObject'],
  ['note', 'message'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];

const TO_STORED = new Map(RENAMED);
const TO_SERVED = new Map(RENAMED.map(([served, stored]) => [stored, served]));

/** Converted objects, so that each is converted once however many watch it. */
const served = new WeakMap<ApiObject, ApiObject>();

/** A stored object as the resource shows it. */
export function toServed(resource: Resource, object: ApiObject): ApiObject {
  if (resource !== events) return object;
  let converted = served.get(object);
  if (!converted) {
    converted = {
      ...renamed(object, TO_SERVED),
      kind: object.kind,
      apiVersion: apiVersionOf(events),
      metadata: object.metadata,
    };
    served.set(object, converted);
  }
  return converted;
}

/** The resource in whose form the objects of this one are stored. */
export function storedResource(resource: Resource): Resource {
  return resource === events ? coreEvents : resource;
}

/** What a client wrote, as it is stored. */
export function toStored(resource: Resource, draft: Draft): Draft {
  return resource === events ? { ...renamed(draft, TO_STORED), metadata: draft.metadata } : draft;
}

function renamed(object: Draft, names: ReadonlyMap<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([field, value]) => [names.get(field) ?? field, value]),
  );
}
