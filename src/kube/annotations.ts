// Everything that is read from annotations, in one place.
import { decodeTimeMs } from './decode-metadata.ts';
import { type JsonObject, objectOf } from './json-object.ts';

/** When the change of a Service or Pod happened that the EndpointSlice follows (upstream: EndpointsLastChangeTriggerTime). */
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Marks the bookmark that ends the initial state of a WatchList (KEP-3157). */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Milliseconds since the epoch; 0 if the annotation is absent or no time. */
export function triggerTimeMs(metadata: JsonObject): number {
  return decodeTimeMs(annotation(metadata, TRIGGER_TIME));
}

export function isInitialEventsEnd(metadata: JsonObject): boolean {
  return annotation(metadata, INITIAL_EVENTS_END) === 'true';
}

function annotation(metadata: JsonObject, key: string): unknown {
  return objectOf(metadata['annotations'])[key];
}
