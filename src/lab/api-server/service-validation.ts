// Which Services are refused, and in which words (pkg/apis/core/validation/validation.go, ValidateService).
import { parseCidr, parseIp } from '../../model/ip.ts';
import { clusterIpChanges, clusterIpProblems } from './cluster-ip-validation.ts';
import { forbiddenField, invalidField, requiredField, unsupportedField } from './field-error.ts';
import { subdomainProblems } from './object-name.ts';
import type { ApiObject } from './objects.ts';
import { portsProblems } from './service-port-validation.ts';
import {
  isExternallyAccessible,
  isHeadless,
  mayHaveNodePorts,
  needsHealthCheckNodePort,
  type ServiceSpec,
  specOf,
} from './service-spec.ts';
import type { StatusCause } from './status-error.ts';

const MAX_AFFINITY_SECONDS = 86_400;
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];

/** The service as completed but before addresses have been allocated. */
export function validateService(service: ApiObject, previous: ApiObject | undefined): readonly StatusCause[] {
  const spec = specOf(service);
  return [
    ...(previous ? clusterIpChanges(spec, specOf(previous)) : []),
    ...(previous ? healthCheckChange(spec, specOf(previous)) : []),
    ...typeProblems(spec),
    ...portsProblems(spec),
    ...affinityProblems(spec),
    ...clusterIpProblems(spec),
    ...externalIpProblems(spec),
    ...loadBalancerProblems(spec),
    ...policyProblems(spec),
  ];
}

function typeProblems(spec: ServiceSpec): StatusCause[] {
  const { type, clusterIPs } = spec;
  if (!TYPES.includes(type ?? '')) return [unsupportedField('spec.type', type, TYPES)];
  if (type === 'ExternalName') return externalNameProblems(spec);
  if (!mayHaveNodePorts(spec) || !isHeadless(spec)) return [];
  return [
    invalidField('spec.clusterIPs[0]', clusterIPs?.[0], `may not be set to 'None' for ${type} services`),
  ];
}

function externalNameProblems({
  clusterIPs,
  ipFamilies,
  ipFamilyPolicy,
  externalName = '',
}: ServiceSpec): StatusCause[] {
  const forbid = (field: string, isSet: unknown): StatusCause[] =>
    isSet ? [forbiddenField(`spec.${field}`, 'may not be set for ExternalName services')] : [];
  const name = externalName.replace(/\.$/, '');
  return [
    ...forbid('clusterIPs', clusterIPs?.length),
    ...forbid('ipFamilies', ipFamilies?.length),
    ...forbid('ipFamilyPolicy', ipFamilyPolicy),
    ...(name ? subdomainProblems('spec.externalName', name) : [requiredField('spec.externalName')]),
  ];
}

function affinityProblems({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): StatusCause[] {
  const supported = ['ClientIP', 'None'];
  if (!supported.includes(sessionAffinity ?? '')) {
    return [unsupportedField('spec.sessionAffinity', sessionAffinity, supported)];
  }
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (seconds === undefined || (seconds > 0 && seconds <= MAX_AFFINITY_SECONDS)) return [];
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  return [invalidField(field, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`)];
}

function externalIpProblems({ externalIPs = [] }: ServiceSpec): StatusCause[] {
  return externalIPs.flatMap((ip, i) =>
    parseIp(ip)
      ? []
      : [
          invalidField(
            `spec.externalIPs[${i}]`,
            ip,
            'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
          ),
        ],
  );
}

function loadBalancerProblems({
  type,
  loadBalancerSourceRanges: ranges = [],
  allocateLoadBalancerNodePorts,
}: ServiceSpec): StatusCause[] {
  const only = "may only be used when `type` is 'LoadBalancer'";
  const isOther = type !== 'LoadBalancer';
  return [
    // The real one writes this field with a capital L too.
    ...(ranges.length > 0 && isOther ? [forbiddenField('spec.LoadBalancerSourceRanges', only)] : []),
    ...ranges.flatMap((range, i) =>
      parseCidr(range.trim())
        ? []
        : [
            invalidField(
              `spec.LoadBalancerSourceRanges[${i}]`,
              range,
              'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
            ),
          ],
    ),
    ...(allocateLoadBalancerNodePorts !== undefined && isOther
      ? [forbiddenField('spec.allocateLoadBalancerNodePorts', only)]
      : []),
  ];
}

function policyProblems(spec: ServiceSpec): StatusCause[] {
  const { externalTrafficPolicy: external, internalTrafficPolicy: internal, trafficDistribution } = spec;
  const oneOf = (field: string, value: string | undefined, supported: readonly string[]): StatusCause[] =>
    value === undefined || supported.includes(value)
      ? []
      : [unsupportedField(`spec.${field}`, value, supported)];
  return [
    ...(isExternallyAccessible(spec) || !external
      ? oneOf('externalTrafficPolicy', external, POLICIES)
      : [
          invalidField(
            'spec.externalTrafficPolicy',
            external,
            'may only be set for externally-accessible services',
          ),
        ]),
    ...(spec.healthCheckNodePort && !needsHealthCheckNodePort(spec) ? [strayHealthCheckNodePort(spec)] : []),
    ...oneOf('internalTrafficPolicy', internal, POLICIES),
    ...oneOf('trafficDistribution', trafficDistribution, DISTRIBUTIONS),
  ];
}

function strayHealthCheckNodePort({ healthCheckNodePort }: ServiceSpec): StatusCause {
  const why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  return invalidField('spec.healthCheckNodePort', healthCheckNodePort, why);
}

function healthCheckChange(spec: ServiceSpec, before: ServiceSpec): StatusCause[] {
  const isSame = spec.healthCheckNodePort === before.healthCheckNodePort;
  if (isSame || !needsHealthCheckNodePort(spec) || !needsHealthCheckNodePort(before)) return [];
  return [forbiddenField('spec.healthCheckNodePort', 'field is immutable')];
}
