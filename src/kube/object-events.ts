// Turns the objects that a server sends into watch events. No object, however broken, gets beyond here as an exception.
import type { BaseLogger } from 'pino';
import type { WatchEvent } from '../model/records.ts';
import type { Intern } from '../util/intern.ts';
import { MalformedBodyError } from './byte-stream.ts';
import { identityOf } from './decode-metadata.ts';
import type { JsonObject } from './json-object.ts';
import type { Resource } from './resources.ts';

export interface ObjectEventsContext<Record> {
  readonly resource: Resource<Record>;
  readonly intern: Intern;
  readonly log: Pick<BaseLogger, 'warn'>;
}

/** undefined for an object without a name: nothing can be known of it, so nothing can change. */
export function putEvent<Record>(
  object: JsonObject,
  { resource, intern, log }: ObjectEventsContext<Record>,
): WatchEvent<Record> | undefined {
  const identity = identityOf(object);
  try {
    return { kind: 'put', record: resource.decode(object, intern) };
  } catch (err) {
    log.warn({ resource: resource.name, ...identity, err }, 'skipped an object that cannot be decoded');
    return identity && { kind: 'unreadable', ...identity };
  }
}

/** Throws MalformedBodyError where the object has no name: a deletion must not be missed, so only a new list helps. */
export function deleteEvent(object: JsonObject): WatchEvent<never> {
  const identity = identityOf(object);
  if (!identity) throw new MalformedBodyError('an object without a name was deleted');
  return { kind: 'delete', ...identity };
}
