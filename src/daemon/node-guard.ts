// Follows the Node that the daemon runs on (NodeManager in pkg/proxy/node.go): waits for it at the start, and asks for a restart
// when it changes in what is decided once, at the start.
import { isDeepStrictEqual } from 'node:util';
import type { BaseLogger } from 'pino';
import type { NodeRecord } from '../model/records.ts';
import type { Clock } from '../util/clock.ts';
import { nodeIpsOf } from './node-ips.ts';
import type { Restart } from './restart.ts';

export interface NodeGuardOptions {
  readonly nodeName: string;
  /** detectLocalMode is NodeCIDR. */
  readonly needsPodCidrs: boolean;
  readonly clock: Clock;
  readonly log: Pick<BaseLogger, 'warn'>;
  readonly restart: Restart;
}

const NODE_IPS_TIMEOUT_MS = 30_000;
const POD_CIDRS_TIMEOUT_MS = 5 * 60_000;

type Condition = (node: NodeRecord | undefined) => boolean;

export class NodeGuard {
  readonly #options: NodeGuardOptions;
  #node: NodeRecord | undefined;
  /** As they were when the Node last had any. */
  #ips: readonly string[] = [];
  #podCidrs: readonly string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(options: NodeGuardOptions) {
    this.#options = options;
  }

  /** The newest state that was handed in. */
  get node(): NodeRecord | undefined {
    return this.#node;
  }

  /** To be called whenever the Node may have changed; undefined: it does not exist. */
  handle(node: NodeRecord | undefined): void {
    const isDeleted = this.#node !== undefined && node === undefined;
    this.#node = node;
    if (isDeleted) this.#options.restart('the Node was deleted', { node: this.#options.nodeName });
    this.#ips = this.#follow("the Node's IPs changed", this.#ips, node ? nodeIpsOf(node) : []);
    if (this.#options.needsPodCidrs)
      this.#podCidrs = this.#follow("the Node's podCIDRs changed", this.#podCidrs, node?.podCidrs ?? []);
    for (const check of this.#waiting) check();
  }

  /**
   * Waits 30 s for the Node to have IPs, and goes on without; and 5 minutes for podCIDRs where they are needed, and throws.
   * Returns early when the signal aborts.
   */
  async ready(signal: AbortSignal): Promise<void> {
    const { nodeName, needsPodCidrs, log } = this.#options;
    if (!(await this.#until(hasIps, NODE_IPS_TIMEOUT_MS, signal)))
      log.warn({ node: nodeName }, 'the Node has no IPs, or does not exist: going on without them');
    if (!needsPodCidrs || (await this.#until(hasPodCidrs, POD_CIDRS_TIMEOUT_MS, signal))) return;
    throw new Error(
      this.#node
        ? `timeout waiting for the podCIDRs of node ${nodeName}, which detectLocalMode NodeCIDR needs`
        : `timeout waiting for node ${nodeName} to exist`,
    );
  }

  #follow(reason: string, from: readonly string[], to: readonly string[]): readonly string[] {
    if (to.length === 0) return from;
    const isNew = from.length > 0 && !isDeepStrictEqual(from, to);
    if (isNew) this.#options.restart(reason, { node: this.#options.nodeName, from, to });
    return to;
  }

  /** False when the time is over first. */
  #until(holds: Condition, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const check = () => holds(this.#node) && resolve(true);
    const cancel = this.#options.clock.after(timeoutMs, () => resolve(false));
    const stop = () => resolve(true);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    this.#waiting.add(check);
    check();
    return promise.finally(() => {
      cancel();
      this.#waiting.delete(check);
      signal.removeEventListener('abort', stop);
    });
  }
}

function hasIps(node: NodeRecord | undefined): boolean {
  return node !== undefined && nodeIpsOf(node).length > 0;
}

function hasPodCidrs(node: NodeRecord | undefined): boolean {
  return node !== undefined && node.podCidrs.length > 0;
}
