// All sockets of a lab in one place: echo servers and probes of every namespace. It is made to run in a thread of its own
// (traffic-worker.ts), so that what the rest of the process does shows in no measurement; everything passed is plain data.
import { systemClock } from '../../util/clock.ts';
import { type EchoPort, EchoServer } from './echo-server.ts';
import { Gate } from './gate.ts';
import { type Attempt, type ProbeSpec, probe } from './probe.ts';
import { type LoopReport, type LoopSpec, ProbeLoop } from './probe-loop.ts';
import { Transfer, type TransferReport, type TransferSpec } from './transfer.ts';

export class Traffic {
  readonly #echoServers = new Map<string, EchoServer>();
  readonly #running = new Map<number, ProbeLoop | Transfer>();
  readonly #gate = new Gate({ clock: systemClock, places: 128, patienceMs: 100 });
  #lastId = 0;

  /** Serves the ports in the namespace, in addition to those already served there. */
  async listen(netns: string, name: string, ports: readonly EchoPort[]): Promise<void> {
    const server = this.#echoServers.get(netns) ?? new EchoServer(netns, name);
    this.#echoServers.set(netns, server);
    await Promise.all(ports.map((port) => server.listen(port)));
  }

  /** Closes all echo servers of the namespace and their connections. */
  async silence(netns: string): Promise<void> {
    this.#echoServers.get(netns)?.close();
    this.#echoServers.delete(netns);
  }

  async probe(netns: string, spec: ProbeSpec): Promise<Attempt[]> {
    return probe(netns, spec, this.#gate);
  }

  /** The id is for `loopReport`. */
  async startLoop(netns: string, spec: LoopSpec): Promise<number> {
    return this.#keep(new ProbeLoop(netns, spec));
  }

  /** The report so far; with `isLast` the loop is stopped first. */
  async loopReport(id: number, isLast: boolean): Promise<LoopReport> {
    return this.#report(this.#find(id, ProbeLoop), id, isLast);
  }

  /** The id is for `transferReport`. */
  async startTransfer(netns: string, spec: TransferSpec): Promise<number> {
    return this.#keep(new Transfer(netns, spec));
  }

  /** The report so far; with `isLast` the transfer is stopped. */
  async transferReport(id: number, isLast: boolean): Promise<TransferReport> {
    return this.#report(this.#find(id, Transfer), id, isLast);
  }

  #keep(running: ProbeLoop | Transfer): number {
    this.#lastId++;
    this.#running.set(this.#lastId, running);
    return this.#lastId;
  }

  #find<T extends ProbeLoop | Transfer>(id: number, kind: new (netns: string, spec: never) => T): T {
    const running = this.#running.get(id);
    if (running instanceof kind) return running;
    throw new Error(`no ${kind.name} with id ${id} is running`);
  }

  async #report<R>(running: { report(): R; stop(): Promise<R> }, id: number, isLast: boolean): Promise<R> {
    if (!isLast) return running.report();
    this.#running.delete(id);
    return running.stop();
  }
}
