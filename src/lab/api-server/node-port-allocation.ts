// The node ports of a Service, and the one for health checks of its load balancer.

import type { AddressRequest } from './address-request.ts';
import { invalidField } from './field-error.ts';
import { services } from './resources.ts';
import {
  mayHaveNodePorts,
  needsHealthCheckNodePort,
  needsNodePorts,
  type ServicePort,
  type ServiceSpec,
} from './service-spec.ts';
import { internalError, invalid } from './status-error.ts';

/** The fields of the spec that change. Throws StatusError. */
export function allocateNodePorts(request: AddressRequest): ServiceSpec {
  const { spec } = request;
  const taken = new Set<number>();
  const ports =
    mayHaveNodePorts(spec) && spec.ports ? { ports: withNodePorts(request, spec.ports, taken) } : {};
  if (!needsHealthCheckNodePort(spec)) return ports;
  const { healthCheckNodePort: given } = spec;
  const healthCheckNodePort = given
    ? takeCertain(request, taken, { port: given, field: 'spec.healthCheckNodePort' })
    : takeAny(request, taken);
  return { ...ports, healthCheckNodePort };
}

/** Ports with the same number and different protocols share a node port. */
function withNodePorts(
  request: AddressRequest,
  ports: readonly ServicePort[],
  taken: Set<number>,
): ServicePort[] {
  const byPort = new Map<number | undefined, number>();
  // What is asked for comes first, so that nobody is given it by chance.
  for (const [i, { port, nodePort }] of ports.entries()) {
    if (!nodePort) continue;
    byPort.set(port, takeCertain(request, taken, { port: nodePort, field: `spec.ports[${i}].nodePort` }));
  }
  return ports.map((port) => {
    if (port.nodePort || !needsNodePorts(request.spec)) return port;
    const nodePort = byPort.get(port.port) ?? takeAny(request, taken);
    byPort.set(port.port, nodePort);
    return { ...port, nodePort };
  });
}

function takeCertain(
  { name, before, addresses }: AddressRequest,
  taken: Set<number>,
  { port, field }: { readonly port: number; readonly field: string },
): number {
  const isMine = taken.has(port) || port === before.healthCheckNodePort || hasNodePort(before, port);
  const problem = isMine ? undefined : addresses.refuseNodePort(port);
  if (problem) throw invalid(services, name, [invalidField(field, port, problem)]);
  taken.add(port);
  return port;
}

function takeAny({ addresses }: AddressRequest, taken: Set<number>): number {
  const port = addresses.freeNodePort(taken);
  if (port === undefined) throw internalError('failed to allocate a nodePort: range is full');
  taken.add(port);
  return port;
}

function hasNodePort({ ports = [] }: ServiceSpec, port: number): boolean {
  return ports.some(({ nodePort }) => nodePort === port);
}
