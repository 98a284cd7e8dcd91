// A whole small cluster on one machine: nodes, pods, a control plane and a client outside, each a network namespace,
// dual stack throughout. See README.md for the picture. Needs root; changes nothing outside its own namespaces.
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSocket } from '../system/netns.ts';
import { Place } from './place.ts';
import { TrafficThread } from './traffic/traffic-thread.ts';
import { addPods, createNetwork, removePod } from './wires/network.ts';
import { Reaper } from './wires/reaper.ts';
import {
  createPodHost,
  createTopology,
  type NodeHost,
  type NodeSpec,
  type PodHost,
  type PodSpec,
  type Topology,
} from './wires/topology.ts';

export type { NodeSpec, PodSpec };

export interface LabSpec {
  /**
   * Node N (from 1) has the addresses 192.0.2.1N and 2001:db8:2::1N and the pod CIDRs 10.244.N.0/24 and
   * fd00:10:244:N::/64.
   */
  readonly nodes: readonly NodeSpec[];
  /** The K-th pod of node N has the addresses 10.244.N.K and fd00:10:244:N::K. */
  readonly pods?: readonly PodSpec[];
  /** Further addresses of the client, beside 198.51.100.10 and 2001:db8:51::10. */
  readonly clientExtraIps?: readonly string[];
}

/** The name of the lock file that a node's iptables use, in the lab's directory: nodes must not wait for one another. */
const XTABLES_LOCK = 'xtables.lock';

export class Lab {
  /** Every namespace of this lab has a name that begins with it. */
  readonly prefix: string;
  /** For files of whatever belongs to the lab; removed with it. */
  readonly directory: string;
  /** Outside the cluster, in a network of its own. */
  readonly client: Place;
  readonly controlPlane: Place;
  readonly #topology: Topology;
  readonly #traffic = new TrafficThread();
  readonly #reaper: Reaper;
  readonly #nodes: ReadonlyMap<string, Place>;
  readonly #pods = new Map<string, { readonly host: PodHost; readonly place: Place }>();
  readonly #closers: (() => Promise<unknown>)[] = [];
  #isClosed = false;
  readonly #lastPodNumbers = new Map<string, number>();

  /** Resolves when packets flow; what was made before a failure is removed. */
  static async start(spec: LabSpec): Promise<Lab> {
    if (process.getuid?.() !== 0) throw new Error('the lab makes network namespaces, which only root may');
    const lab = new Lab(spec);
    try {
      await createNetwork(lab.#topology);
      await lab.addPods(spec.pods ?? []);
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }

  private constructor(spec: LabSpec) {
    this.prefix = `fairlead-${randomBytes(3).toString('hex')}-`;
    this.directory = mkdtempSync(join(tmpdir(), this.prefix));
    this.#reaper = new Reaper(this.prefix, this.directory);
    this.#topology = createTopology(this.prefix, spec.nodes, spec.clientExtraIps ?? []);
    const { nodes, client, controlPlane } = this.#topology;
    const deps = this.#placeDeps();
    this.client = new Place(client, deps);
    this.controlPlane = new Place(controlPlane, deps);
    this.#nodes = new Map(nodes.map((node) => [node.name, new Place(node, deps, this.#nodeEnv(node.name))]));
  }

  get nodes(): Place[] {
    return [...this.#nodes.values()];
  }

  get pods(): Place[] {
    return Array.from(this.#pods.values(), ({ place }) => place);
  }

  /** What the control plane has to know of the nodes: addresses, pod CIDRs, zones. */
  get nodeHosts(): readonly NodeHost[] {
    return this.#topology.nodes;
  }

  /** What the control plane has to know of the pods: addresses, labels, nodes. */
  get podHosts(): PodHost[] {
    return Array.from(this.#pods.values(), ({ host }) => host);
  }

  /** Throws if there is no such node. */
  node(name: string): Place {
    return found(this.#nodes.get(name), `node ${name}`);
  }

  /** Throws if there is no such pod. */
  pod(name: string): Place {
    return found(this.#pods.get(name), `pod ${name}`).place;
  }

  /** Adds pods at run time; resolves when they answer. */
  async addPods(specs: readonly PodSpec[]): Promise<void> {
    const hosts = specs.map((spec) => this.#createPodHost(spec));
    await addPods(hosts);
    for (const host of hosts) {
      this.#pods.set(host.name, { host, place: new Place(host, this.#placeDeps()) });
    }
    await Promise.all(specs.map(({ name, ports = [8080] }) => this.pod(name).listen(ports)));
  }

  /** Kills a pod: its sockets close, then its link and its namespace go. Its addresses are not given out again. */
  async killPod(name: string): Promise<void> {
    const { host } = found(this.#pods.get(name), `pod ${name}`);
    this.#pods.delete(name);
    await this.#traffic.call('silence', host.netns);
    await removePod(host);
  }

  /**
   * A TCP socket bound in the control plane's namespace, as a file descriptor for `server.listen({ fd })` of any server
   * in this process. The caller owns it.
   */
  openControlPlaneSocket(local: { readonly ip: string; readonly port: number }): number {
    return openSocket({ netns: this.#topology.controlPlane.netns, protocol: 'TCP', local });
  }

  /**
   * Has `action` run first thing in close(), the latest first. What it leaves undone is ended by force. Throws when the
   * lab is closed already, so that nothing is started in a lab that will not end it.
   */
  onClose(action: () => Promise<unknown>): void {
    if (this.#isClosed) throw new Error('the lab is closed');
    this.#closers.unshift(action);
  }

  /** Removes everything: processes in the lab's namespaces, the namespaces, the directory. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const action of this.#closers.splice(0)) await action().catch(() => {});
    await this.#traffic.close();
    await this.#reaper.close();
  }

  #createPodHost(spec: PodSpec): PodHost {
    const number = (this.#lastPodNumbers.get(spec.node) ?? 0) + 1;
    this.#lastPodNumbers.set(spec.node, number);
    return createPodHost(this.prefix, spec, { node: this.#nodeHost(spec.node), number });
  }

  #nodeHost(name: string): NodeHost {
    return found(
      this.#topology.nodes.find((node) => node.name === name),
      `node ${name}`,
    );
  }

  #placeDeps() {
    return { traffic: this.#traffic, markOf: (nodeName: string) => this.#nodeHost(nodeName).number };
  }

  #nodeEnv(name: string): Record<string, string> {
    return { XTABLES_LOCKFILE: join(this.directory, `${name}.${XTABLES_LOCK}`) };
  }
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what} in the lab`);
  return value;
}
