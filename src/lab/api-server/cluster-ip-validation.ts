// Which ClusterIPs and IP families of a Service are refused (pkg/apis/core/validation/validation.go,
// ValidateServiceClusterIPsRelatedFields, validateUpgradeDowngradeClusterIPs and validateUpgradeDowngradeIPFamilies).
import { ipFamilyOf, parseIp } from '../../model/ip.ts';
import { duplicateField, invalidField, unsupportedField } from './field-error.ts';
import { isHeadless, NO_CLUSTER_IP, needsClusterIp, type ServiceSpec } from './service-spec.ts';
import type { StatusCause } from './status-error.ts';

const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

export function clusterIpProblems(spec: ServiceSpec): StatusCause[] {
  if (!needsClusterIp(spec)) return [];
  const { ipFamilies = [], ipFamilyPolicy } = spec;
  return [
    ...listProblems(spec),
    ...ipFamilies.flatMap((family, i) =>
      ipFamilies.indexOf(family) < i ? [duplicateField(`spec.ipFamilies[${i}]`, family)] : [],
    ),
    ...(ipFamilyPolicy === undefined || FAMILY_POLICIES.includes(ipFamilyPolicy)
      ? []
      : [unsupportedField('spec.ipFamilyPolicy', ipFamilyPolicy, FAMILY_POLICIES)]),
  ];
}

function listProblems(spec: ServiceSpec): StatusCause[] {
  const { clusterIP = '', clusterIPs = [] } = spec;
  const refuse = (why: string): StatusCause => invalidField('spec.clusterIPs', clusterIPs, why);
  if (clusterIP === '' && clusterIPs.length > 0)
    return [refuse('must be empty when `clusterIP` is not specified')];
  if (clusterIPs[0] !== undefined && clusterIPs[0] !== clusterIP)
    return [refuse('first value must match `clusterIP`')];
  if (clusterIP === NO_CLUSTER_IP) {
    return clusterIPs.length > 1 ? [refuse("'None' must be the first and only value")] : [];
  }
  if (clusterIPs.length > 2) return [refuse('may only hold up to 2 values')];
  const problems = clusterIPs.flatMap((ip, i) => addressProblems(spec, ip, i));
  if (problems.length > 0) return problems;
  const families = new Set(clusterIPs.map((ip) => ip.includes(':')));
  return families.size < clusterIPs.length
    ? [refuse('may specify no more than one IP for each IP family')]
    : [];
}

function addressProblems({ ipFamilies = [] }: ServiceSpec, text: string, i: number): StatusCause[] {
  const field = `spec.clusterIPs[${i}]`;
  const ip = parseIp(text);
  if (!ip)
    return [invalidField(field, text, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
  const family = ipFamilies[i];
  if (family === undefined || family === ipFamilyOf(ip)) return [];
  return [invalidField(field, text, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``)];
}

/** The first address and family of a Service stay as they are; a second may come, and go when the policy says so. */
export function clusterIpChanges(spec: ServiceSpec, before: ServiceSpec): StatusCause[] {
  if (!needsClusterIp(spec) || !needsClusterIp(before)) return [];
  if (isHeadless(spec) && isHeadless(before)) return [];
  return [
    ...listChanges('clusterIPs', spec.clusterIPs ?? [], before.clusterIPs ?? []),
    ...(isHeadless(spec) === isHeadless(before)
      ? listChanges('ipFamilies', spec.ipFamilies ?? before.ipFamilies ?? [], before.ipFamilies ?? [])
      : []),
  ];
}

function listChanges(name: string, list: readonly string[], before: readonly string[]): StatusCause[] {
  const isAdding = list.length > before.length;
  const isReplacing = list.length === before.length && list.length > 1 && list[1] !== before[1];
  if (before.length > 0 && list[0] !== before[0]) return [fixed(name, 0, list)];
  return !isAdding && isReplacing ? [fixed(name, 1, list)] : [];
}

function fixed(name: string, index: number, list: readonly string[]): StatusCause {
  return invalidField(`spec.${name}[${index}]`, list, 'may not change once set');
}
