// One long-lived connection with a message every few milliseconds: shows whether an established connection survives.
import { type Connection, connect, errorCode, type Target } from './connection.ts';
import type { Answer } from './echo-server.ts';
import { nowMs } from './probe.ts';

export interface TransferSpec extends Target {
  readonly everyMs: number;
}

export interface TransferReport {
  /** Who is at the other end; undefined until it has answered. */
  readonly answer: Answer | undefined;
  readonly sentCount: number;
  readonly echoedCount: number;
  /** The longest time without an echo, also from the start and up to now. */
  readonly longestGapMs: number;
  /** What ended the connection (see Attempt), with the time since the epoch; undefined while it lives. */
  readonly error: { readonly code: string; readonly atMs: number } | undefined;
}

export class Transfer {
  readonly #connection: Connection | undefined;
  readonly #timer: NodeJS.Timeout;
  #answer: Answer | undefined;
  #sentCount = 0;
  #echoedCount = 0;
  #longestGapMs = 0;
  #lastEchoAtMs = nowMs();
  #error: TransferReport['error'];

  /** Starts at once; what goes wrong is in the report. */
  constructor(netns: string, spec: TransferSpec) {
    this.#timer = setInterval(() => this.#send(), spec.everyMs);
    try {
      this.#connection = connect(netns, spec, {
        onLine: (line) => this.#receive(line),
        onError: (code) => this.#fail(code),
      });
    } catch (error) {
      this.#fail(errorCode(error));
    }
  }

  /** What has happened so far. */
  report(): TransferReport {
    return {
      answer: this.#answer,
      sentCount: this.#sentCount,
      echoedCount: this.#echoedCount,
      longestGapMs: Math.max(this.#longestGapMs, (this.#error?.atMs ?? nowMs()) - this.#lastEchoAtMs),
      error: this.#error,
    };
  }

  async stop(): Promise<TransferReport> {
    const report = this.report();
    clearInterval(this.#timer);
    this.#connection?.close();
    return report;
  }

  #send(): void {
    // Only to a peer that has greeted: a connection that is not there yet must not collect messages.
    if (this.#answer) this.#connection?.send(`${this.#sentCount++}\n`);
  }

  #receive(line: string): void {
    if (line.startsWith('{')) this.#answer ??= JSON.parse(line);
    else this.#echoedCount++;
    const now = nowMs();
    this.#longestGapMs = Math.max(this.#longestGapMs, now - this.#lastEchoAtMs);
    this.#lastEchoAtMs = now;
  }

  #fail(code: string): void {
    clearInterval(this.#timer);
    this.#error ??= { code, atMs: nowMs() };
  }
}
