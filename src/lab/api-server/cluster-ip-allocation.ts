// The ClusterIPs of a Service: those that it asks for, and free ones for the families that it asks nothing of.
import { type IpFamily, parseIp } from '../../model/ip.ts';
import type { AddressRequest } from './address-request.ts';
import { invalidField } from './field-error.ts';
import { chooseFamilies } from './ip-families.ts';
import { services } from './resources.ts';
import { isHeadless, NO_CLUSTER_IP, needsClusterIp, type ServiceSpec } from './service-spec.ts';
import { internalError, invalid } from './status-error.ts';

/** The fields of the spec that change. Throws StatusError. */
export function allocateClusterIps(request: AddressRequest): ServiceSpec {
  const { name, spec, before, addresses } = request;
  if (!needsClusterIp(spec)) return {};
  const choice = chooseFamilies(spec, before, addresses.families());
  if (!('ipFamilies' in choice)) throw invalid(services, name, choice);
  if (isHeadless(spec)) return { ...choice, clusterIP: NO_CLUSTER_IP, clusterIPs: [NO_CLUSTER_IP] };
  const clusterIPs = choice.ipFamilies.map((family, i) => {
    const given = choice.clusterIPs[i];
    return given ? certainIp(request, given, choice.clusterIPs) : anyIp(request, family);
  });
  return { ...choice, clusterIP: clusterIPs[0] ?? '', clusterIPs };
}

function certainIp(
  { name, before, addresses }: AddressRequest,
  given: string,
  all: readonly string[],
): string {
  if (before.clusterIPs?.includes(given)) return given;
  const ip = parseIp(given);
  const problem = ip ? addresses.refuseIp(ip) : 'not an IP address';
  if (ip && !problem) return ip;
  const why = `failed to allocate IP ${given}: ${problem}`;
  throw invalid(services, name, [invalidField('spec.clusterIPs', all, why)]);
}

function anyIp({ addresses }: AddressRequest, family: IpFamily): string {
  const ip = addresses.freeIp(family);
  if (!ip) throw internalError('failed to allocate a serviceIP: range is full');
  return ip;
}
