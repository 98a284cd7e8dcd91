// Gives a Service its ClusterIPs, node ports and health-check node port, and refuses what others have
// (pkg/registry/core/service/storage/alloc.go). Nothing is reserved here: an address is taken once the Service is stored.
import { type IpFamily, parseIp } from '../../model/ip.ts';
import { invalidField } from './field-error.ts';
import { chooseFamilies } from './ip-families.ts';
import type { ApiObject } from './objects.ts';
import { services } from './resources.ts';
import type { ServiceAddresses } from './service-addresses.ts';
import {
  isHeadless,
  mayHaveNodePorts,
  needsClusterIp,
  needsHealthCheckNodePort,
  needsNodePorts,
  type ServicePort,
  type ServiceSpec,
  specOf,
  withSpec,
} from './service-spec.ts';
import { internalError, invalid, type StatusCause } from './status-error.ts';

/** The Service with its addresses. Throws StatusError 422, and 500 when there are none left. */
export function allocateAddresses(
  addresses: ServiceAddresses,
  service: ApiObject,
  previous: ApiObject | undefined,
): ApiObject {
  const spec = specOf(service);
  const before = specOf(previous);
  const refuse = (causes: readonly StatusCause[]): never => {
    throw invalid(services, service.metadata.name, causes);
  };
  const withIps = withSpec(
    service,
    needsClusterIp(spec) ? clusterIpFields(addresses, spec, before, refuse) : {},
  );
  return withSpec(withIps, nodePortFields(addresses, spec, before, refuse));
}

type Refuse = (causes: readonly StatusCause[]) => never;

function clusterIpFields(
  addresses: ServiceAddresses,
  spec: ServiceSpec,
  before: ServiceSpec,
  refuse: Refuse,
): ServiceSpec {
  const choice = chooseFamilies(spec, before, addresses.families());
  if (!('ipFamilies' in choice)) return refuse(choice);
  if (isHeadless(spec)) return { ...choice, clusterIP: 'None', clusterIPs: ['None'] };
  const clusterIPs = choice.ipFamilies.map((family, i) => {
    const given = choice.clusterIPs[i];
    return given ? takenIp(addresses, given, choice.clusterIPs, before, refuse) : anyIp(addresses, family);
  });
  return { ...choice, clusterIP: clusterIPs[0] ?? '', clusterIPs };
}

function takenIp(
  addresses: ServiceAddresses,
  given: string,
  clusterIPs: readonly string[],
  before: ServiceSpec,
  refuse: Refuse,
): string {
  const ip = parseIp(given);
  const problem = ip && before.clusterIPs?.includes(ip) ? undefined : ip && addresses.refuseIp(ip);
  if (!ip || problem) {
    return refuse([
      invalidField('spec.clusterIPs', clusterIPs, `failed to allocate IP ${given}: ${problem}`),
    ]);
  }
  return ip;
}

function anyIp(addresses: ServiceAddresses, family: IpFamily): string {
  const ip = addresses.freeIp(family);
  if (!ip) throw internalError('failed to allocate a serviceIP: range is full');
  return ip;
}

function nodePortFields(
  addresses: ServiceAddresses,
  spec: ServiceSpec,
  before: ServiceSpec,
  refuse: Refuse,
): ServiceSpec {
  const mine = new Set([...(before.ports ?? []).map(({ nodePort }) => nodePort), before.healthCheckNodePort]);
  const taken = new Set<number>();
  const take = (port: number, field: string): number => {
    const problem = mine.has(port) || taken.has(port) ? undefined : addresses.refuseNodePort(port);
    if (problem) return refuse([invalidField(field, port, problem)]);
    taken.add(port);
    return port;
  };
  const takeAny = (): number => {
    const port = addresses.freeNodePort(taken);
    if (port === undefined) throw internalError('failed to allocate a nodePort: range is full');
    taken.add(port);
    return port;
  };
  return {
    ...(mayHaveNodePorts(spec) && spec.ports
      ? { ports: withNodePorts(spec, spec.ports, take, takeAny) }
      : {}),
    ...(needsHealthCheckNodePort(spec)
      ? {
          healthCheckNodePort: spec.healthCheckNodePort
            ? take(spec.healthCheckNodePort, 'spec.healthCheckNodePort')
            : takeAny(),
        }
      : {}),
  };
}

/** Ports with the same number and different protocols share a node port. */
function withNodePorts(
  spec: ServiceSpec,
  ports: readonly ServicePort[],
  take: (port: number, field: string) => number,
  takeAny: () => number,
): ServicePort[] {
  const byPort = new Map<number | undefined, number>();
  // What is asked for comes first, so that nobody is given it by chance.
  for (const [i, { port, nodePort }] of ports.entries()) {
    if (nodePort) byPort.set(port, take(nodePort, `spec.ports[${i}].nodePort`));
  }
  return ports.map((port) => {
    if (port.nodePort || !needsNodePorts(spec)) return port;
    const nodePort = byPort.get(port.port) ?? takeAny();
    byPort.set(port.port, nodePort);
    return { ...port, nodePort };
  });
}
