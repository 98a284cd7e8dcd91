// What the committed plan of one family says of UDP: which endpoints answer for each destination. Kept from commit to commit,
// so that a change costs what it has of UDP and frontends that are gone are remembered until their flows are.
import type { EndpointInfo } from '../model/endpoint-info.ts';
import { type Ip, joinHostPort } from '../model/ip.ts';
import type { ServicePortKey } from '../model/names.ts';
import { servesNodePorts } from '../plan/find-target.ts';
import { frontendKey } from '../plan/frontend-claims.ts';
import type { Frontend, GlobalPlan, PlanChange, ServicePlan } from '../plan/plan.ts';
import type { Cooperative } from '../util/cooperate.ts';
import type { UdpDestination, UdpFlow } from './flow-table.ts';

type Endpoints = readonly EndpointInfo[];

/** The endpoints of a frontend that is gone: one array, which is told from the empty ones of Services without endpoints. */
const GONE: Endpoints = Object.freeze([]);

/** A frontend that a change touches, and who answered for it before; undefined: nobody ever did. */
interface Touched {
  readonly frontend: Frontend;
  readonly before: Endpoints | undefined;
}

export class UdpFrontends {
  readonly #plans = new Map<ServicePortKey, ServicePlan>();
  /** By port, then by IP; undefined there are the addresses of the node that serve NodePorts. */
  readonly #endpoints = new Map<number, Map<string | undefined, Endpoints>>();
  #global: GlobalPlan | undefined;

  get isEmpty(): boolean {
    return this.#endpoints.size === 0;
  }

  /**
   * Takes in what was committed and returns the destinations that may have wrong flows since. Nothing may be asked until it
   * is through. Yields between service ports.
   */
  *commit({ global, services }: PlanChange): Cooperative<readonly UdpDestination[]> {
    const touched = new Map<string, Touched>();
    for (const key of services.keys()) {
      this.#withdraw(key, touched);
      yield;
    }
    for (const plan of services.values()) {
      if (plan?.name.protocol === 'UDP') this.#claim(plan, touched);
      yield;
    }
    const changed: UdpDestination[] = [];
    for (const { frontend, before } of touched.values()) {
      if (mayHaveWrongFlows(before, this.#endpointsAt(frontend))) changed.push(destinationOf(frontend));
      yield;
    }
    if (!global) return changed;
    this.#global = global;
    return [...changed, ...this.#nodePorts()];
  }

  /**
   * Who answers for the flow's destination: a frontend with its very address comes before a NodePort, and both before one that
   * is gone. undefined: the destination was never ours.
   */
  endpointsFor(flow: Pick<UdpFlow, 'destinationIp' | 'destinationPort'>): Endpoints | undefined {
    const byIp = this.#endpoints.get(flow.destinationPort);
    if (!byIp) return undefined;
    const ip = flow.destinationIp;
    const own = byIp.get(ip);
    if (own && own !== GONE) return own;
    const nodePort = byIp.get(undefined);
    return nodePort && this.#isNodePortAddress(ip) ? nodePort : own;
  }

  /** Forgets those of the destinations that are gone: no flow to them is left. */
  forgetGone(destinations: Iterable<UdpDestination>): void {
    for (const { ip, port } of destinations) {
      const byIp = this.#endpoints.get(port);
      if (byIp?.get(ip) !== GONE) continue;
      byIp.delete(ip);
      if (byIp.size === 0) this.#endpoints.delete(port);
    }
  }

  #withdraw(key: ServicePortKey, touched: Map<string, Touched>): void {
    const plan = this.#plans.get(key);
    if (!plan) return;
    this.#plans.delete(key);
    for (const frontend of ownFrontends(plan)) {
      touched.set(frontendKey(frontend), { frontend, before: plan.allEndpoints });
      this.#set(frontend, GONE);
    }
  }

  #claim(plan: ServicePlan, touched: Map<string, Touched>): void {
    this.#plans.set(plan.key, plan);
    for (const frontend of ownFrontends(plan)) {
      const key = frontendKey(frontend);
      if (!touched.has(key)) touched.set(key, { frontend, before: undefined });
      this.#set(frontend, plan.allEndpoints);
    }
  }

  #set({ ip, port }: UdpDestination, endpoints: Endpoints): void {
    const byIp = this.#endpoints.get(port) ?? new Map<string | undefined, Endpoints>();
    this.#endpoints.set(port, byIp.set(ip, endpoints));
  }

  #endpointsAt({ ip, port }: UdpDestination): Endpoints {
    return this.#endpoints.get(port)?.get(ip) ?? GONE;
  }

  #nodePorts(): UdpDestination[] {
    return Array.from(this.#endpoints)
      .filter(([, byIp]) => byIp.has(undefined))
      .map(([port]) => ({ ip: undefined, port }));
  }

  #isNodePortAddress(ip: string): boolean {
    // The kernel has one text for an address, which is the canonical one.
    return this.#global !== undefined && servesNodePorts(this.#global, ip as Ip);
  }
}

/**
 * The endpoints that a flow may go on with: all that serve, whatever policy or topology chooses now, so that a change of these
 * breaks no flow (getServingEndpoints in pkg/proxy/conntrack/cleanup.go). By joinHostPort.
 */
export function servingEndpoints(endpoints: Endpoints): ReadonlySet<string> {
  const serving = endpoints.filter(({ record }) => record.serving || record.ready);
  return new Set(serving.map(({ ip, port }) => joinHostPort(ip, port)));
}

function destinationOf({ ip, port }: Frontend): UdpDestination {
  return { ip, port };
}

function ownFrontends({ frontends }: ServicePlan): readonly Frontend[] {
  return frontends.filter(({ lostTo }) => lostTo === undefined);
}

/** Endpoints that are only added make no flow wrong, unless they are the first: flows may have got through without NAT. */
function mayHaveWrongFlows(before: Endpoints | undefined, after: Endpoints): boolean {
  if (before === undefined || after === GONE) return true;
  const [servingBefore, servingAfter] = [servingEndpoints(before), servingEndpoints(after)];
  const isFirst = servingBefore.size === 0 && servingAfter.size > 0;
  return isFirst || !servingBefore.isSubsetOf(servingAfter);
}
