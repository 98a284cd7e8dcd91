// The body of an answer as it arrives, and what can be wrong with it.
import { setImmediate } from 'node:timers/promises';

/** Chunks of any size, cut anywhere. Throws when the connection ends before the body does; leaving the loop closes it. */
export type ByteStream = AsyncIterable<Buffer>;

/**
 * The same chunks, with a turn for the rest of the program whenever `sliceMs` have passed. Without it, everything that the
 * kernel has buffered, up to 2 MB, is worked off in one go.
 */
export async function* inTurns(body: ByteStream, sliceMs = 5): AsyncGenerator<Buffer> {
  let sliceEnd = performance.now() + sliceMs;
  for await (const chunk of body) {
    yield chunk;
    if (performance.now() < sliceEnd) continue;
    await setImmediate();
    sliceEnd = performance.now() + sliceMs;
  }
}

/** The body is not what an API server sends: no JSON, no list, an endless object. */
export class MalformedBodyError extends Error {
  override readonly name = 'MalformedBodyError';
}

/** The body ended in the middle of something. What came before it is good. */
export class TruncatedBodyError extends Error {
  override readonly name = 'TruncatedBodyError';
}

/** etcd refuses objects over 1.5 MB; their JSON may be a few times as long. */
const MAX_OBJECT_BYTES = 32 * 1024 * 1024;

/** Collects the bytes of one object, which may be spread over many chunks. */
export class ObjectBuffer {
  #pieces: Buffer[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  /** Throws MalformedBodyError when no object can be so large. */
  append(piece: Buffer): void {
    this.#bytes += piece.length;
    if (this.#bytes > MAX_OBJECT_BYTES) throw new MalformedBodyError('an object is too large');
    if (piece.length > 0) this.#pieces.push(piece);
  }

  /** Everything appended so far, decoded only now, so that cuts inside a character do no harm. The buffer is empty then. */
  take(): string {
    const [only, more] = this.#pieces;
    const text = (only && !more ? only : Buffer.concat(this.#pieces)).toString();
    this.#pieces = [];
    this.#bytes = 0;
    return text;
  }
}
