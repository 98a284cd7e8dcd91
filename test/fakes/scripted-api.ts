// An API server that answers what it is told, request by request, down to the byte. For tests of single situations;
// fault-injecting-api.ts has a server that holds real state.
import type { ApiReader } from '../../src/kube/api-client.ts';
import { errorFromAnswer } from '../../src/kube/api-error.ts';
import type { ByteStream } from '../../src/kube/byte-stream.ts';
import { type Clock, sleep } from '../../src/util/clock.ts';

export interface ScriptedAnswer {
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly chunks?: readonly (string | Buffer)[];
  /** What comes after the last chunk: the end, now or after `forMs`; a broken connection; nothing at all. */
  readonly ending?: 'end' | 'late-end' | 'cut' | 'silence';
  readonly forMs?: number;
}

export class ScriptedApi implements ApiReader {
  /** Path and query of every request so far. */
  readonly requests: string[] = [];
  /** Answers whose body is neither read to its end nor left. */
  open = 0;
  readonly #clock: Clock;
  readonly #answer: (url: URL, index: number) => ScriptedAnswer;

  constructor(clock: Clock, answer: (url: URL, index: number) => ScriptedAnswer) {
    this.#clock = clock;
    this.#answer = answer;
  }

  async get(path: string, signal: AbortSignal): Promise<ByteStream> {
    signal.throwIfAborted();
    this.requests.push(path);
    const answer = this.#answer(new URL(path, 'http://scripted'), this.requests.length - 1);
    const { status = 200, chunks = [], retryAfterMs } = answer;
    if (status >= 300) throw errorFromAnswer(status, JSON.parse(chunks.join('') || '{}'), retryAfterMs);
    return this.#body(answer, signal);
  }

  async *#body(
    { chunks = [], ending = 'end', forMs = 0 }: ScriptedAnswer,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    this.open += 1;
    try {
      for (const chunk of chunks) {
        signal.throwIfAborted();
        yield Buffer.from(chunk);
      }
      if (ending === 'cut') throw new Error('aborted');
      if (ending === 'silence') await untilAborted(signal);
      if (ending === 'late-end') await sleep(this.#clock, forMs, signal);
      signal.throwIfAborted();
    } finally {
      this.open -= 1;
    }
  }
}

export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
