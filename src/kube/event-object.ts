// An Event as the API wants it (events.k8s.io/v1). Pure: what to say, about which object, how often it was seen.

export interface ObjectReference {
  readonly kind: 'Service' | 'Node';
  /** Empty for a Node. */
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
}

/** What happened, for people: reason and action in UpperCamelCase, the note a sentence. */
export interface EventNote {
  readonly regarding: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** How often and when something was seen. */
export interface Sightings {
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** What the API server accepts (validateV1Event in pkg/apis/core/validation/events.go). */
const MAX_NOTE_BYTES = 1024;
const MAX_INSTANCE_CHARS = 128;
const MAX_NAME_CHARS = 253;
/** Operators have alerts on this name, so it stays kube-proxy's (KP 5). */
const CONTROLLER = 'kube-proxy';

/** Two notes with the same key are one Event that happened twice. */
export function eventKey({ regarding, type, reason, note }: EventNote): string {
  return JSON.stringify([regarding.kind, regarding.namespace, regarding.name, type, reason, note]);
}

/** A name that no other node chooses: the time and a random number in [0, 1). */
export function eventName({ regarding }: EventNote, nowMs: number, random: number): string {
  const suffix = `.${nowMs.toString(16)}${Math.floor(random * 2 ** 32)
    .toString(16)
    .padStart(8, '0')}`;
  return `${regarding.name.slice(0, MAX_NAME_CHARS - suffix.length)}${suffix}`;
}

/** The collection without a name, one Event with one. Events of cluster-scoped objects live in `default`. */
export function eventPath({ regarding }: EventNote, name?: string): string {
  const events = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespaceOf(regarding))}/events`;
  return name === undefined ? events : `${events}/${encodeURIComponent(name)}`;
}

export function eventObject(
  note: EventNote,
  {
    name,
    nodeName,
    sightings,
  }: { readonly name: string; readonly nodeName: string; readonly sightings: Sightings },
) {
  const { regarding, type, reason, action } = note;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace: namespaceOf(regarding) },
    eventTime: microTime(sightings.firstMs),
    reportingController: CONTROLLER,
    reportingInstance: `${CONTROLLER}-${nodeName}`.slice(0, MAX_INSTANCE_CHARS),
    action,
    reason,
    regarding,
    note: truncateBytes(note.note, MAX_NOTE_BYTES),
    type,
    ...seriesPatch(sightings),
  };
}

/** What changes in an Event when it is seen again; nothing for the first time, because a series begins with two. */
export function seriesPatch({ count, lastMs }: Sightings) {
  return count < 2 ? {} : { series: { count, lastObservedTime: microTime(lastMs) } };
}

function namespaceOf({ namespace }: ObjectReference): string {
  return namespace || 'default';
}

/** The API's MicroTime has exactly six digits. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** Cuts between characters. */
function truncateBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const target = Buffer.alloc(maxBytes);
  const { written } = new TextEncoder().encodeInto(text, target);
  return target.toString('utf8', 0, written);
}
