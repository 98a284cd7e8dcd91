// Which service port a packet is for.
import { type Ip, isLoopback } from '../model/ip.ts';
import type { Packet } from './packet.ts';
import type { Frontend, GlobalPlan, ProxyPlan, ServicePlan } from './plan.ts';

export interface Target {
  readonly service: ServicePlan;
  readonly frontend: Frontend;
}

/** The frontend that the packet is for: one with its very address, or else a NodePort. */
export function findTarget(plan: ProxyPlan, packet: Packet): Target | undefined {
  return findAddress(plan, packet) ?? findNodePort(plan, packet);
}

function findAddress(plan: ProxyPlan, packet: Packet): Target | undefined {
  return findFrontend(plan, packet, (frontend) => frontend.ip === packet.destinationIp);
}

function findNodePort(plan: ProxyPlan, packet: Packet): Target | undefined {
  if (!servesNodePorts(plan.global, packet.destinationIp)) return undefined;
  return findFrontend(plan, packet, (frontend) => frontend.kind === 'NodePort');
}

function findFrontend(
  { services }: ProxyPlan,
  { destinationPort, protocol }: Packet,
  matches: (frontend: Frontend) => boolean,
): Target | undefined {
  for (const service of services.values()) {
    const frontend = service.frontends.find(
      (candidate) =>
        candidate.port === destinationPort &&
        candidate.protocol === protocol &&
        candidate.lostTo === undefined &&
        matches(candidate),
    );
    if (frontend) return { service, frontend };
  }
  return undefined;
}

/** NodePorts answer on this address. */
export function servesNodePorts(global: GlobalPlan, ip: Ip): boolean {
  const { nodePortAddresses, nodeAddresses, hasLocalhostNodePorts } = global;
  if (nodePortAddresses.kind === 'only') return nodePortAddresses.ips.includes(ip);
  // All of 127.0.0.0/8 is local, though links show one address of it.
  return isLoopback(ip) ? hasLocalhostNodePorts : nodeAddresses.includes(ip);
}
