// The real daemon, as it is bundled for nodes, in a namespace of the bench.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { CLUSTER_CIDR, OWN_NODE } from '../populations/nodes.ts';
import type { MemoryCgroup } from './memory-cgroup.ts';
import type { BenchMode } from './mode.ts';
import type { Netns, NetnsFactory } from './netns.ts';
import type { ServedCluster } from './served-cluster.ts';

const BUNDLE = resolve(import.meta.dirname, '../../../dist/fairlead.js');

/** Kubernetes has two: a sync of each is logged. */
const FAMILY_COUNT = 2;

const DEADLINE_MS = 10 * 60_000;

export interface DaemonSpec {
  readonly factory: NetnsFactory;
  readonly cluster: ServedCluster;
  readonly mode: BenchMode;
  readonly cgroup?: MemoryCgroup | undefined;
  /** More arguments for node, before the program. */
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A line of the log as the bench reads it. */
export interface SyncLine {
  /** When the bench saw it, in milliseconds since the process was started. */
  readonly atMs: number;
  readonly family: string;
  readonly cause: string;
  readonly outcome: string;
  readonly elapsedMs: number;
  readonly lagMs: number;
  readonly changes: number;
}

export class Daemon {
  /** Completed syncs, in order. */
  readonly syncs: SyncLine[] = [];
  readonly #child: ChildProcess;
  /** The namespace that it is in. */
  readonly netns: Netns;
  readonly #startedAt = performance.now();
  readonly #failures: string[] = [];
  #onSync: () => void = () => {};

  /** Starts the process in a namespace of its own; it has done nothing yet. */
  static async start(spec: DaemonSpec): Promise<Daemon> {
    const netns = await spec.factory.create();
    await netns.run('ip', ['address', 'add', '192.0.2.11/32', 'dev', 'lo']);
    const kubeconfig = await spec.cluster.serveIn(netns, spec.factory.directory);
    const configFile = join(spec.factory.directory, `${netns.name}.config`);
    writeFileSync(configFile, configText(kubeconfig, spec.mode));
    return new Daemon(spec, netns, configFile);
  }

  private constructor({ mode, cgroup, nodeArgs = [], env }: DaemonSpec, netns: Netns, config: string) {
    this.netns = netns;
    const command = [process.execPath, ...nodeArgs, BUNDLE, 'run', '--config', config];
    const procsFile = cgroup?.procsFile ?? '/dev/null';
    const script = 'echo $$ >"$1"; netns=$2; shift 2; exec ip netns exec "$netns" "$@"';
    this.#child = spawn('sh', ['-c', script, 'sh', procsFile, netns.name, ...command], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...netns.env, ...variantEnv(mode), ...env },
    });
    const { stderr } = this.#child;
    if (stderr) createInterface({ input: stderr }).on('line', (line) => this.#readLine(line));
    this.#child.once('exit', () => this.#onSync());
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('the daemon was not started');
    return pid;
  }

  /** Since its start: the clock of SyncLine.atMs. */
  get ageMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** How long after its start the first sync of both families was done, in milliseconds. */
  async firstSync(): Promise<number> {
    const first = () => this.syncs.filter(({ cause }) => cause === 'start');
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    while (first().length < FAMILY_COUNT) {
      this.#checkHealth(deadline);
      await new Promise<void>((done) => {
        this.#onSync = done;
      });
    }
    return Math.max(...first().map(({ atMs }) => atMs));
  }

  /** Runs a program in its namespace. Returns what it prints. */
  runBeside(file: string, args: readonly string[]): Promise<string> {
    return this.netns.run(file, args);
  }

  /** Ends it as a rollout does, and removes its namespace. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exit;
    }
    await this.netns.remove();
  }

  #readLine(line: string): void {
    const atMs = this.ageMs;
    const entry = parseLine(line);
    if (entry['msg'] === 'syncProxyRules complete')
      this.syncs.push({ ...(entry as object), atMs } as SyncLine);
    else if (['warn', 'error', 'fatal'].includes(String(entry['level']))) this.#failures.push(line);
    this.#onSync();
  }

  #checkHealth(deadline: AbortSignal): void {
    const { exitCode } = this.#child;
    if (exitCode === null && !deadline.aborted) return;
    throw new Error(`the daemon did not sync (exit code ${exitCode}):\n${this.#failures.join('\n')}`);
  }
}

/** What is no JSON, as a crash prints it, counts as an error. */
function parseLine(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { level: 'error', msg: line };
  }
}

function variantEnv(mode: BenchMode): Readonly<Record<string, string>> {
  return mode === 'nftables' ? {} : { FAIRLEAD_IPTABLES: mode };
}

function configText(kubeconfig: string, mode: BenchMode): string {
  return JSON.stringify({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    clientConnection: { kubeconfig },
    clusterCIDR: CLUSTER_CIDR,
    mode: mode === 'nftables' ? 'nftables' : 'iptables',
    conntrack: { maxPerCore: 0, min: 0 },
    hostnameOverride: OWN_NODE,
    logging: { format: 'json', verbosity: 2 },
  });
}
