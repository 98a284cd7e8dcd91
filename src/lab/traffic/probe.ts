// Probes: short connections that find out who answers, which source it sees, or which error the client gets.
import { type Connection, connect, errorCode, type Target } from './connection.ts';
import type { Answer } from './echo-server.ts';
import type { Gate } from './gate.ts';

export interface ProbeSpec extends Target {
  readonly count: number;
  /** How many attempts are under way at a time. */
  readonly concurrency: number;
  readonly timeoutMs: number;
}

interface AttemptTimes {
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly latencyMs: number;
}

/** `error` is a symbolic errno (ECONNREFUSED, EHOSTUNREACH, EPERM, ECONNRESET…), EOF, or ETIMEDOUT when nothing came. */
export type Attempt = AttemptTimes &
  ({ readonly ok: true; readonly answer: Answer } | { readonly ok: false; readonly error: string });

/** Makes `count` attempts, each when the gate lets it, and reports them in the order in which they were started. */
export async function probe(netns: string, spec: ProbeSpec, gate: Gate): Promise<Attempt[]> {
  const attempts = new Array<Attempt>(spec.count);
  let next = 0;
  const run = async () => {
    for (let i = next++; i < spec.count; i = next++) {
      attempts[i] = await gate.run(() => attempt(netns, spec, spec.timeoutMs));
    }
  };
  await Promise.all(Array.from({ length: Math.min(spec.concurrency, spec.count) }, run));
  return attempts;
}

/** One connection up to the greeting. */
export function attempt(netns: string, target: Target, timeoutMs: number): Promise<Attempt> {
  const startedAtMs = nowMs();
  return new Promise((resolve) => {
    let connection: Connection | undefined;
    const settle = (result: { ok: true; answer: Answer } | { ok: false; error: string }) => {
      cancel();
      connection?.close();
      resolve({ startedAtMs, latencyMs: nowMs() - startedAtMs, ...result });
    };
    const fail = (error: string) => settle({ ok: false, error });
    const cancel = startDeadline(timeoutMs, () => fail('ETIMEDOUT'));
    try {
      connection = connect(netns, target, {
        onLine: (line) => settle({ ok: true, answer: JSON.parse(line) }),
        onError: fail,
      });
    } catch (error) {
      fail(errorCode(error));
    }
  });
}

/** Milliseconds since the epoch with a fraction, the same in every thread. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** After a stall of the event loop timers run before sockets: what has arrived meanwhile still counts as in time. */
function startDeadline(ms: number, onExpired: () => void): () => void {
  let isCancelled = false;
  const timer = setTimeout(() => setImmediate(() => isCancelled || onExpired()), ms);
  return () => {
    isCancelled = true;
    clearTimeout(timer);
  };
}
