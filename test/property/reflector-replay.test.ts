// Every recording of a real API server, byte for byte, broken off after every single byte: a reflector that meets the broken
// answer first and the whole one afterwards ends where one that met only the whole one does.
import { describe, expect, it } from 'vitest';
import { TruncatedBodyError } from '../../src/kube/byte-stream.ts';
import { type ListPiece, listItems } from '../../src/kube/list-items.ts';
import { Reflector } from '../../src/kube/reflector.ts';
import { endpointSlices, ownNode, type Resource, serviceCidrs, services } from '../../src/kube/resources.ts';
import { watchLines } from '../../src/kube/watch-lines.ts';
import { createIntern } from '../../src/util/intern.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { Mirror } from '../fakes/mirror.ts';
import { recordedAnswer, recordedNames } from '../fakes/recorded-answers.ts';
import { type ScriptedAnswer, ScriptedApi } from '../fakes/scripted-api.ts';

type AnyResource = Resource<{ readonly name: string; readonly resourceVersion: string }>;

interface Replay {
  readonly recording: string;
  readonly resource: AnyResource;
  /** What the request that gets the recording has in its query. */
  readonly isFor: (query: URLSearchParams) => boolean;
  /** Objects held in the end. */
  readonly objects: number;
}

const isWatchList = (query: URLSearchParams): boolean => query.has('sendInitialEvents');
const isList = (query: URLSearchParams): boolean => !query.has('watch') && !query.has('continue');
const isNextPage = (query: URLSearchParams): boolean => query.has('continue');
const isWatch = (query: URLSearchParams): boolean => query.has('watch') && !query.has('sendInitialEvents');

const REPLAYS: readonly Replay[] = [
  { recording: 'watchlist-services', resource: services, isFor: isWatchList, objects: 21 },
  { recording: 'watchlist-node', resource: ownNode('node-1'), isFor: isWatchList, objects: 1 },
  { recording: 'watchlist-unsupported', resource: services, isFor: isWatchList, objects: 0 },
  { recording: 'list-services-page1', resource: services, isFor: isList, objects: 3 },
  { recording: 'list-services-page2', resource: services, isFor: isNextPage, objects: 3 },
  { recording: 'list-endpointslices', resource: endpointSlices, isFor: isList, objects: 20 },
  { recording: 'servicecidrs', resource: serviceCidrs, isFor: isList, objects: 1 },
  { recording: 'watch-endpointslices', resource: endpointSlices, isFor: isWatch, objects: 1 },
  { recording: 'watch-410-too-old', resource: services, isFor: isWatch, objects: 0 },
];

/** Recordings of refusals, which no reflector parses beyond their Status: see api-client.test.ts. */
const ELSEWHERE = [
  '401',
  '403',
  '404',
  'event-created',
  'list-410-expired-continue',
  'list-504-too-large-resource-version',
  'version',
];

describe('replaying what a real API server said', () => {
  it('covers every recording', () => {
    expect([...REPLAYS.map(({ recording }) => recording), ...ELSEWHERE].sort()).toEqual(
      recordedNames().sort(),
    );
  });

  it.each(REPLAYS)('$recording gives $objects objects, in one piece and byte by byte', async (replay) => {
    const { body } = recordedAnswer(replay.recording);
    const whole = await heldAfter(replay, body, { chunks: [body] });
    expect(whole).toHaveLength(replay.objects);
    expect(await heldAfter(replay, body, { chunks: Array.from(body, (byte) => Buffer.of(byte)) })).toEqual(
      whole,
    );
  });

  it.each(REPLAYS)(
    '$recording, cut anywhere, ends in the same state',
    async (replay) => {
      const { body } = recordedAnswer(replay.recording);
      const whole = (await heldAfter(replay, body, { chunks: [body] })).join();
      // Large recordings at every few bytes: the pieces that come out of them are tested for every byte below.
      const stride = Math.ceil(body.length / MAX_CUTS);
      for (let cut = 0; cut < body.length; cut += stride) {
        const held = await heldAfter(replay, body, { chunks: [body.subarray(0, cut)], ending: 'cut' });
        if (held.join() !== whole) expect.fail(`cut after ${cut} bytes, ${held.length} objects are held`);
      }
    },
    60_000,
  );

  it.each(REPLAYS)(
    '$recording, cut after any byte, loses only the piece that is cut',
    async ({ recording, isFor }) => {
      const { body } = recordedAnswer(recording);
      const pieces = isFor === isList || isFor === isNextPage ? listItemTexts : watchLineTexts;
      const whole = await pieces(body);
      for (let cut = 0; cut < body.length; cut += 1) {
        const some = await pieces(body.subarray(0, cut));
        const isPrefix = some.length <= whole.length && some.every((piece, i) => piece === whole[i]);
        if (!isPrefix) expect.fail(`cut after ${cut} bytes, something else comes out`);
      }
    },
    60_000,
  );
});

const MAX_CUTS = 1_500;

/** What is held after the recording was met first as `first`, then whole. Other requests get empty answers. */
async function heldAfter(
  { resource, isFor }: Replay,
  body: Buffer,
  first: ScriptedAnswer,
): Promise<string[]> {
  const clock = new FakeClock();
  const answers: ScriptedAnswer[] = [first, { chunks: [body] }];
  const api = new ScriptedApi(clock, ({ searchParams: query }) => {
    if (isFor(query)) return answers.shift() ?? { ending: 'silence' };
    if (isWatchList(query)) return { status: 422 };
    if (isWatch(query))
      return { chunks: [linesAfter(body, Number(query.get('resourceVersion')))], ending: 'silence' };
    return emptyList(isFor === isNextPage && !isNextPage(query));
  });
  const mirror = new Mirror();
  const reflector = new Reflector({
    resource,
    client: api,
    onEvent: mirror.onEvent,
    intern: createIntern(),
    clock,
    random: () => 0,
    log: { warn: () => {} },
  });
  reflector.start();
  await clock.advance(2_000);
  await reflector.stop();
  return Array.from(mirror.records.values(), (record) => JSON.stringify(record)).sort();
}

/** What a server would send to a watch that resumes within the recording. */
function linesAfter(body: Buffer, resourceVersion: number): string {
  const lines = body
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('{"type"'));
  const isLater = (line: string): boolean =>
    Number(/"resourceVersion":"(\d+)"/.exec(line)?.[1]) > resourceVersion;
  return lines
    .filter(isLater)
    .map((line) => `${line}\n`)
    .join('');
}

function emptyList(hasNextPage: boolean): ScriptedAnswer {
  const metadata = { resourceVersion: '100', continue: hasNextPage ? 'more' : '' };
  return { chunks: [JSON.stringify({ metadata, items: [] })] };
}

/** Lines that come out before the body turns out to be cut. */
async function watchLineTexts(body: Buffer): Promise<string[]> {
  return textsUntilCut(watchLines(streamOf(body)));
}

async function listItemTexts(body: Buffer): Promise<string[]> {
  return textsUntilCut(listItems(streamOf(body)));
}

async function textsUntilCut(pieces: AsyncIterable<string | ListPiece>): Promise<string[]> {
  const texts: string[] = [];
  try {
    for await (const piece of pieces) texts.push(typeof piece === 'string' ? piece : JSON.stringify(piece));
  } catch (error) {
    if (!(error instanceof TruncatedBodyError)) throw error;
  }
  return texts;
}

async function* streamOf(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}
