// Traffic in a worker thread, called from the main one. Every method returns a promise, so calling across the threads is
// one message there and one back.
import { Worker } from 'node:worker_threads';
import { TRAFFIC_WORKER_FILE } from '../paths.ts';
import type { Traffic } from './traffic.ts';

export interface Request {
  readonly id: number;
  readonly method: keyof Traffic;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: unknown };

type Result<M extends keyof Traffic> = Awaited<ReturnType<Traffic[M]>>;

export class TrafficThread {
  readonly #worker = new Worker(TRAFFIC_WORKER_FILE);
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;
  /** Why it takes no more calls. */
  #end: Error | undefined;

  constructor() {
    this.#worker.on('message', (reply: Reply) => this.#settle(reply));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the traffic thread has ended')));
    // A lab that nobody closed must not keep the process alive: its end is what starts the clean-up.
    this.#worker.unref();
  }

  async call<M extends keyof Traffic>(method: M, ...args: Parameters<Traffic[M]>): Promise<Result<M>> {
    if (this.#end) throw this.#end;
    const id = ++this.#lastId;
    const pending = Promise.withResolvers<unknown>();
    this.#pending.set(id, pending);
    this.#worker.ref();
    this.#worker.postMessage({ id, method, args } satisfies Request);
    return pending.promise as Promise<Result<M>>;
  }

  /** Closes all sockets. Calls under way fail. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (reply.ok) pending?.resolve(reply.value);
    else pending?.reject(reply.error);
  }

  #fail(error: Error): void {
    this.#end ??= error;
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}
