// What `enableProfiling` adds under /debug/: a CPU profile and a heap snapshot, both for Chrome's developer tools. What takes
// them is loaded only then.
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonAnswer, textAnswer } from './answers.ts';
import type { HttpAnswer, HttpHandler, HttpRequest } from './http-listener.ts';

const DEFAULT_SECONDS = 10;
const MAX_SECONDS = 60;

export function profilingPaths(): [string, HttpHandler][] {
  let isBusy = false;
  const oneAtATime =
    (handler: HttpHandler): HttpHandler =>
    async (request) => {
      if (isBusy) return textAnswer('a profile is being taken\n', 429);
      isBusy = true;
      try {
        return await handler(request);
      } finally {
        isBusy = false;
      }
    };
  return [
    ['/debug/cpuprofile', oneAtATime(cpuProfile)],
    ['/debug/heapsnapshot', oneAtATime(heapSnapshot)],
  ];
}

/** `?seconds=`, 10 if not said. The daemon goes on meanwhile. */
async function cpuProfile({ query }: HttpRequest): Promise<HttpAnswer> {
  const seconds = Number(query.get('seconds') ?? DEFAULT_SECONDS);
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) return textAnswer(`seconds: 1 to ${MAX_SECONDS}\n`, 400);
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  session.connect();
  try {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    await sleep(seconds * 1_000, undefined, { ref: false });
    const { profile } = await session.post('Profiler.stop');
    return jsonAnswer(JSON.stringify(profile));
  } finally {
    session.disconnect();
  }
}

/** It contains the token for the API server, so it never leaves the machine. Taking it stops the daemon for seconds. */
async function heapSnapshot({ isLoopback }: HttpRequest): Promise<HttpAnswer> {
  if (!isLoopback) return textAnswer('heap snapshots contain secrets: ask on the loopback\n', 403);
  const { getHeapSnapshot } = await import('node:v8');
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body: getHeapSnapshot() };
}
