// One request of a reflector as a stream of messages: the same for a paginated LIST, a WatchList and a watch.

import { isInitialEventsEnd } from './annotations.ts';
import type { ApiReader } from './api-client.ts';
import { errorFromEvent } from './api-error.ts';
import { MalformedBodyError } from './byte-stream.ts';
import { type Cursor, listPath, phaseOf, watchListPath, watchPath } from './cursor.ts';
import { resourceVersionOf } from './decode-metadata.ts';
import { isObject, type JsonObject, objectOf, parseJson, stringOf } from './json-object.ts';
import { listItems } from './list-items.ts';
import type { Resource } from './resources.ts';
import { watchLines } from './watch-lines.ts';

export type Message =
  /** The server has begun to send a complete list. */
  | { readonly kind: 'replace-start' }
  | { readonly kind: 'put' | 'delete'; readonly object: JsonObject; readonly resourceVersion: string }
  /** The list is complete, as of this version. */
  | { readonly kind: 'synced'; readonly resourceVersion: string }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string };

export interface Request {
  readonly client: ApiReader;
  readonly resource: Resource<unknown>;
  readonly cursor: Cursor;
  /** How long the server keeps a watch open. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

/** The next request that the cursor asks for. */
export function messagesOf(request: Request): AsyncGenerator<Message> {
  switch (phaseOf(request.cursor)) {
    case 'watch-list':
      return watchListMessages(request);
    case 'list':
      return listMessages(request);
    case 'watch':
      return watchMessages(request);
  }
}

/** Ends after `synced`. */
async function* listMessages(request: Request): AsyncGenerator<Message> {
  const { client, resource, cursor, signal } = request;
  let continueToken = '';
  do {
    const body = await client.get(listPath(resource, cursor, continueToken), signal);
    if (!continueToken) yield { kind: 'replace-start' };
    for await (const piece of listItems(body)) {
      if (piece.kind === 'item') yield { kind: 'put', object: parseItem(piece.text), resourceVersion: '' };
      else continueToken = yield* endOfPage(objectOf(piece.envelope['metadata']));
    }
  } while (continueToken);
}

/** Ends when the server closes the stream, which may be before `synced`. */
async function* watchListMessages(request: Request): AsyncGenerator<Message> {
  const { client, resource, cursor, timeoutSeconds, signal } = request;
  const body = await client.get(watchListPath(resource, cursor, timeoutSeconds), signal);
  yield { kind: 'replace-start' };
  for await (const line of watchLines(body)) yield parseWatchLine(line);
}

/** Ends when the server closes the stream. */
async function* watchMessages(request: Request): AsyncGenerator<Message> {
  const { client, resource, cursor, timeoutSeconds, signal } = request;
  const body = await client.get(watchPath(resource, cursor, timeoutSeconds), signal);
  for await (const line of watchLines(body)) yield parseWatchLine(line);
}

/** Throws KubeApiError for an ERROR event, and MalformedBodyError for everything that is no event with an object. */
export function parseWatchLine(line: string): Message {
  const event = objectOf(parseJson(line));
  const object = event['object'];
  if (!isObject(object)) throw new MalformedBodyError('a watch line is no event');
  const resourceVersion = resourceVersionOf(object);
  switch (event['type']) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'put', object, resourceVersion };
    case 'DELETED':
      return { kind: 'delete', object, resourceVersion };
    case 'BOOKMARK':
      return {
        kind: isInitialEventsEnd(objectOf(object['metadata'])) ? 'synced' : 'bookmark',
        resourceVersion,
      };
    case 'ERROR':
      throw errorFromEvent(object);
    default:
      throw new MalformedBodyError('a watch line has an unknown type');
  }
}

function* endOfPage(metadata: JsonObject): Generator<Message, string> {
  const continueToken = stringOf(metadata['continue']);
  if (!continueToken) yield { kind: 'synced', resourceVersion: stringOf(metadata['resourceVersion']) };
  return continueToken;
}

function parseItem(text: string): JsonObject {
  const object = parseJson(text);
  if (!isObject(object)) throw new MalformedBodyError('a list item is no object');
  return object;
}
