// Tells whoever counts requests to the API server how each went (client-go's pkg/tools/metrics).
import type { IncomingMessage } from 'node:http';
import type { ByteStream } from './byte-stream.ts';

export interface RequestObserver {
  /** An answer begins; status undefined: none came. */
  onBegun(request: {
    readonly method: string;
    readonly host: string;
    readonly status: number | undefined;
  }): void;
  /** An answer that is no watch has ended, or its reader has left. */
  onEnded(request: {
    readonly method: string;
    readonly host: string;
    readonly elapsedMs: number;
    readonly sentBytes: number;
    readonly receivedBytes: number;
  }): void;
}

export interface ObservedRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly sentBytes: number;
}

/** One request on its way: from its making to the end of its answer. */
export interface Exchange {
  begun(status: number | undefined): void;
  /** The same body, counted. */
  counted(body: ByteStream): ByteStream;
  /** Reads the body to its end and throws it away. */
  discard(answer: IncomingMessage): void;
}

export function observeRequest(observer: RequestObserver, request: ObservedRequest): Exchange {
  const { method, host, path, sentBytes } = request;
  const startedAtMs = performance.now();
  const ended = (receivedBytes: number): void => {
    if (isWatch(path)) return;
    observer.onEnded({ method, host, elapsedMs: performance.now() - startedAtMs, sentBytes, receivedBytes });
  };
  return {
    begun: (status) => observer.onBegun({ method, host, status }),
    counted: (body) => counted(body, ended),
    discard: (answer) => {
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      answer.on('close', () => ended(bytes));
    },
  };
}

async function* counted(body: ByteStream, onEnd: (bytes: number) => void): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      yield chunk;
    }
  } finally {
    onEnd(bytes);
  }
}

/** A watch lasts as long as it lasts. */
function isWatch(path: string): boolean {
  return /[?&]watch=(1|true)(&|$)/.test(path);
}
