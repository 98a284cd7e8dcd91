// The real daemon as a child process on a node of the lab: its configuration, its log as events, its end.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Lab } from './lab.ts';
import { DAEMON_FILE } from './paths.ts';
import { CLUSTER_CIDR } from './wires/topology.ts';

export interface DaemonOptions {
  readonly kubeconfig: string;
  /** Fields of KubeProxyConfiguration on top of the lab's own (see proxyConfig). */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Program and first arguments; the built fairlead if not said. `run --config FILE` follows. */
  readonly command?: readonly string[];
}

/** One line of the log: pino's level, time (milliseconds since the epoch) and msg, and the fields of the message. */
export interface LogEvent {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The message of the event that ends a successful sync; its fields are elapsedMs, family and changes. */
export const SYNC_COMPLETE = 'syncProxyRules complete';

export class Daemon {
  readonly nodeName: string;
  readonly pid: number;
  /** Everything it has logged so far. */
  readonly events: LogEvent[] = [];
  /** What it printed that is no JSON. */
  readonly otherLines: string[] = [];
  readonly #child;
  readonly #listeners = new Set<(event: LogEvent) => void>();
  readonly #ended: Promise<number | string>;

  /** Starts it; it ends with the lab at the latest. */
  constructor(lab: Lab, nodeName: string, options: DaemonOptions) {
    this.nodeName = nodeName;
    const node = lab.node(nodeName);
    lab.onClose(() => this.kill());
    const file = join(lab.directory, `${nodeName}.config.json`);
    writeFileSync(file, JSON.stringify({ ...proxyConfig(nodeName, options.kubeconfig), ...options.config }));
    const command = [...(options.command ?? [process.execPath, DAEMON_FILE]), 'run', '--config', file];
    this.#child = execa('ip', ['netns', 'exec', node.netns, ...command], {
      env: { ...node.env, ...options.env },
      stdin: 'ignore',
      all: true,
      buffer: false,
      reject: false,
    });
    this.pid = this.#child.pid ?? 0;
    this.#ended = this.#follow();
  }

  /** Calls back for each event to come, until the returned function is called. */
  onEvent(listener: (event: LogEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The first event that fits, among those from index `since` of `events` on. Rejects when the time is over, and when the
   * daemon ends before; the message then tells what it printed last.
   */
  async waitFor(
    fits: (event: LogEvent) => boolean,
    { since = 0, timeoutMs = 30_000 }: { readonly since?: number; readonly timeoutMs?: number } = {},
  ): Promise<LogEvent> {
    const found = this.events.slice(since).find(fits);
    if (found) return found;
    const waiting = Promise.withResolvers<LogEvent>();
    const stopListening = this.onEvent((event) => fits(event) && waiting.resolve(event));
    const fail = (why: string) => waiting.reject(new Error(`${this.nodeName}: ${why}\n${this.lastLines()}`));
    const timer = setTimeout(() => fail(`nothing fitting within ${timeoutMs} ms`), timeoutMs);
    void this.#ended.then((how) => fail(`the daemon has ended (${how})`));
    return waiting.promise.finally(() => {
      clearTimeout(timer);
      stopListening();
    });
  }

  /** Resolves with the exit code, or the signal's name, when it has ended, however that comes. */
  get ended(): Promise<number | string> {
    return this.#ended;
  }

  /** SIGTERM; resolves with the exit code, or the signal's name, when it has ended. */
  stop(): Promise<number | string> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }

  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<number | string> {
    this.#child.kill('SIGKILL');
    return this.#ended;
  }

  /** The end of its output, for people. */
  lastLines(): string {
    return [
      ...this.events.map((event) => JSON.stringify(event)).slice(-20),
      ...this.otherLines.slice(-20),
    ].join('\n');
  }

  async #follow(): Promise<number | string> {
    for await (const line of this.#child.iterable({ from: 'all' })) this.#take(line);
    const { exitCode, signal, shortMessage } = await this.#child;
    return exitCode ?? signal ?? shortMessage ?? '';
  }

  #take(line: string): void {
    const event = parseEvent(line);
    if (!event) {
      this.otherLines.push(line);
      return;
    }
    this.events.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

/** What every daemon of a lab is told: who it is, where the API server is, to log JSON and to leave machine-wide limits. */
export function proxyConfig(nodeName: string, kubeconfig: string): Readonly<Record<string, unknown>> {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    hostnameOverride: nodeName,
    clientConnection: { kubeconfig },
    clusterCIDR: `${CLUSTER_CIDR.IPv4},${CLUSTER_CIDR.IPv6}`,
    conntrack: { maxPerCore: 0, min: 0 },
    logging: { format: 'json', verbosity: 2 },
  };
}

function parseEvent(line: string): LogEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const event = JSON.parse(line);
    return typeof event.msg === 'string' ? event : undefined;
  } catch {
    return undefined; // a line that only looks like JSON
  }
}
