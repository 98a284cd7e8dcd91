// A place in the lab where packets begin and end: a node, a pod, the client outside, the control plane.
import { type CommandResult, exec } from '../system/exec.ts';
import type { Attempt } from './traffic/probe.ts';
import type { LoopReport } from './traffic/probe-loop.ts';
import type { TrafficThread } from './traffic/traffic-thread.ts';
import type { TransferReport } from './traffic/transfer.ts';
import { allIps, type DualStack, type Host } from './wires/topology.ts';

/** Where to connect to. `to` is an IP address: there is no DNS in the lab. */
export interface Destination {
  readonly to: string;
  readonly port: number;
  /** TCP if not said. */
  readonly protocol?: 'TCP' | 'UDP';
  /** The source address, one of this place's; the kernel's choice if not said. */
  readonly fromIp?: string;
  readonly fromPort?: number;
  /** Only for the client: the node through which packets enter the cluster, the first one if not said. */
  readonly via?: string;
}

export interface ProbeOptions extends Destination {
  /** 1 if not said. */
  readonly count?: number;
  /** How many attempts are under way at a time: 50 if not said. */
  readonly concurrency?: number;
  /** For each attempt, 1000 if not said. */
  readonly timeoutMs?: number;
}

export interface LoopOptions extends Destination {
  /** A new connection every so often: 5 if not said. */
  readonly everyMs?: number;
  /** For each attempt, 1000 if not said. */
  readonly timeoutMs?: number;
}

export interface TransferOptions extends Destination {
  /** A message every so often: 5 if not said. */
  readonly everyMs?: number;
}

export interface ExecOptions {
  /** For the standard input. */
  readonly input?: string;
  /** 30 s if not said. */
  readonly timeoutMs?: number;
}

/** Something that runs until it is stopped. */
export interface Running<Report> {
  /** What has happened so far. */
  report(): Promise<Report>;
  /** Ends it and gives the last report. Once only. */
  stop(): Promise<Report>;
}

/** What places of one lab share. */
export interface PlaceDeps {
  readonly traffic: TrafficThread;
  /** The routing mark that makes packets leave through the named node. */
  readonly markOf: (nodeName: string) => number;
}

export class Place {
  readonly name: string;
  /** The name of its network namespace, for `ip netns exec`. */
  readonly netns: string;
  readonly ips: DualStack;
  /** All its addresses, the two of `ips` first. */
  readonly allIps: readonly string[];
  /** Added to the environment of programs that run here. */
  readonly env: Readonly<Record<string, string>>;
  readonly #deps: PlaceDeps;

  constructor(host: Host, deps: PlaceDeps, env: Readonly<Record<string, string>> = {}) {
    this.name = host.name;
    this.netns = host.netns;
    this.ips = host.ips;
    this.allIps = allIps(host);
    this.#deps = deps;
    this.env = env;
  }

  /** Makes `count` short connections, and reports who answered each, or the error. Never rejects for what a peer does. */
  probe(options: ProbeOptions): Promise<Attempt[]> {
    const { count = 1, concurrency = 50, timeoutMs = 1000 } = options;
    const spec = { ...this.#target(options), count, concurrency, timeoutMs };
    return this.#deps.traffic.call('probe', this.netns, spec);
  }

  /** Makes new connections until stopped. */
  async loop(options: LoopOptions): Promise<Running<LoopReport>> {
    const { traffic } = this.#deps;
    const { everyMs = 5, timeoutMs = 1000 } = options;
    const id = await traffic.call('startLoop', this.netns, { ...this.#target(options), everyMs, timeoutMs });
    return {
      report: () => traffic.call('loopReport', id, false),
      stop: () => traffic.call('loopReport', id, true),
    };
  }

  /** Keeps one connection busy until stopped. */
  async transfer(options: TransferOptions): Promise<Running<TransferReport>> {
    const { traffic } = this.#deps;
    const { everyMs = 5 } = options;
    const id = await traffic.call('startTransfer', this.netns, { ...this.#target(options), everyMs });
    return {
      report: () => traffic.call('transferReport', id, false),
      stop: () => traffic.call('transferReport', id, true),
    };
  }

  /** Serves echo on the ports, over TCP and UDP, on all addresses of the place (an endpoint on the host network, say). */
  async listen(ports: readonly number[]): Promise<void> {
    const protocols = ['TCP', 'UDP'] as const;
    const sockets = this.allIps.flatMap((ip) =>
      ports.flatMap((port) => protocols.map((protocol) => ({ ip, port, protocol }))),
    );
    await this.#deps.traffic.call('listen', this.netns, this.name, sockets);
  }

  /** Runs a program in this place to its end. */
  exec(file: string, args: readonly string[], options: ExecOptions = {}): Promise<CommandResult> {
    const { input, timeoutMs = 30_000 } = options;
    return exec({
      file: 'ip',
      args: ['netns', 'exec', this.netns, file, ...args],
      ...(input === undefined ? {} : { input: [input] }),
      env: this.env,
      timeoutMs,
    });
  }

  #target({ to, port, protocol = 'TCP', fromIp, fromPort, via }: Destination) {
    const mark = via === undefined ? undefined : this.#deps.markOf(via);
    return { to, port, protocol, fromIp, fromPort, mark };
  }
}
