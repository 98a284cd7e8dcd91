// The status of Services: what load balancers have been given (pkg/apis/core/validation, ValidateLoadBalancerStatus).
import { parseIp } from '../../model/ip.ts';
import { forbiddenField, invalidField, unsupportedField } from './field-error.ts';
import type { ApiObject } from './objects.ts';
import { services } from './resources.ts';
import { decode, integer, listOf, objectOf, recordOf, text } from './schema.ts';
import { specOf } from './service-spec.ts';
import { invalid, type StatusCause } from './status-error.ts';

const portStatus = recordOf({ port: integer, protocol: text, error: text });
const condition = recordOf({
  type: text,
  status: text,
  observedGeneration: integer,
  lastTransitionTime: text,
  reason: text,
  message: text,
});
const ingressSchema = recordOf({ ip: text, hostname: text, ipMode: text, ports: listOf(portStatus) });
const statusSchema = recordOf({
  loadBalancer: objectOf({ ingress: listOf(ingressSchema) }),
  conditions: listOf(condition),
});

export const emptyServiceStatus = { loadBalancer: {} };

/** Throws StatusError 400 or 422. */
export function completeServiceStatus(given: unknown, service: ApiObject): unknown {
  const status = decode(statusSchema, given ?? {}, { kind: 'Service', path: 'status' });
  const ingress = (status.loadBalancer?.ingress ?? []).map((entry) =>
    entry.ip && entry.ipMode === undefined ? { ...entry, ipMode: 'VIP' } : entry,
  );
  const isLoadBalancer = specOf(service).type === 'LoadBalancer';
  const causes = isLoadBalancer ? ingress.flatMap(ingressProblems) : [];
  if (!isLoadBalancer && ingress.length > 0) {
    causes.push(forbiddenField(INGRESS, "may only be used when `spec.type` is 'LoadBalancer'"));
  }
  if (causes.length > 0) throw invalid(services, service.metadata.name, causes);
  return { ...status, loadBalancer: ingress.length > 0 ? { ingress } : {} };
}

const INGRESS = 'status.loadBalancer.ingress';

function ingressProblems(
  { ip, ipMode }: { readonly ip?: string; readonly ipMode?: string },
  i: number,
): StatusCause[] {
  const field = `${INGRESS}[${i}]`;
  if (!ip) {
    return ipMode === undefined
      ? []
      : [forbiddenField(`${field}.ipMode`, 'may not be specified when `ip` is not set')];
  }
  return [
    ...(parseIp(ip)
      ? []
      : [invalidField(`${field}.ip`, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]),
    ...(ipMode === 'VIP' || ipMode === 'Proxy'
      ? []
      : [unsupportedField(`${field}.ipMode`, ipMode, ['Proxy', 'VIP'])]),
  ];
}
