// The IP families of a Service: from its policy, its families, its addresses and what the cluster has
// (pkg/registry/core/service/storage/alloc.go, initIPFamilyFields).
import { type IpFamily, ipFamilyOf, parseIp } from '../../model/ip.ts';
import { invalidField } from './field-error.ts';
import { isHeadless, type ServiceSpec } from './service-spec.ts';
import type { StatusCause } from './status-error.ts';

export interface FamilyChoice {
  readonly ipFamilyPolicy: string;
  readonly ipFamilies: readonly IpFamily[];
  readonly clusterIPs: readonly string[];
}

/** What the Service gets, or why it gets nothing. `clusterFamilies` has the cluster's default first. */
export function chooseFamilies(
  spec: ServiceSpec,
  previous: ServiceSpec,
  clusterFamilies: readonly IpFamily[],
): FamilyChoice | readonly StatusCause[] {
  const policy = policyOf(spec, previous);
  const { clusterIPs, ipFamilies } = downgraded(policy, spec, previous);
  const causes = [
    ...reductions(policy, { clusterIPs, ipFamilies }, previous),
    ...surplus(policy, clusterIPs, ipFamilies),
    // Endpoints that no controller makes may be of any family, also of one that the cluster has no addresses of.
    ...(isSelectorless(spec) ? [] : missingFamilies(policy, { clusterIPs, ipFamilies }, clusterFamilies)),
  ];
  if (causes.length > 0) return causes;
  const stated = ipFamilies.length >= clusterIPs.length ? ipFamilies : familiesOf(clusterIPs, ipFamilies);
  return {
    ipFamilyPolicy: policy,
    ipFamilies: completed(policy, stated.length > 0 ? stated : clusterFamilies.slice(0, 1), {
      hasSecond: clusterFamilies.length > 1 || isSelectorless(spec),
    }),
    clusterIPs,
  };
}

/** Nothing chosen before means one family; headless Services without selector, whose endpoints are anything, get both. */
function policyOf(spec: ServiceSpec, previous: ServiceSpec): string {
  if (spec.ipFamilyPolicy) return spec.ipFamilyPolicy;
  if (previous.ipFamilyPolicy) return previous.ipFamilyPolicy;
  return isSelectorless(spec) ? 'RequireDualStack' : 'SingleStack';
}

function isSelectorless(spec: ServiceSpec): boolean {
  return isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0;
}

type Stated = Pick<FamilyChoice, 'clusterIPs' | 'ipFamilies'>;

/** A change to SingleStack that leaves the lists as they were means: without the second. */
function downgraded(policy: string, spec: ServiceSpec, previous: ServiceSpec): Stated {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  if (policy !== 'SingleStack' || !previous.ipFamilyPolicy) return { clusterIPs, ipFamilies };
  return {
    clusterIPs: isSame(clusterIPs, previous.clusterIPs) ? clusterIPs.slice(0, 1) : clusterIPs,
    ipFamilies: isSame(ipFamilies, previous.ipFamilies) ? ipFamilies.slice(0, 1) : ipFamilies,
  };
}

function reductions(
  policy: string,
  { clusterIPs, ipFamilies }: Stated,
  previous: ServiceSpec,
): StatusCause[] {
  if (policy === 'SingleStack') return [];
  const causes: StatusCause[] = [];
  if (clusterIPs.length === 1 && previous.clusterIPs?.length === 2) {
    causes.push(policyError(policy, "must be 'SingleStack' to release the secondary cluster IP"));
  }
  if (ipFamilies.length === 1 && previous.ipFamilies?.length === 2) {
    causes.push(policyError(policy, "must be 'SingleStack' to release the secondary IP family"));
  }
  return causes;
}

function surplus(
  policy: string,
  clusterIPs: readonly string[],
  ipFamilies: readonly IpFamily[],
): StatusCause[] {
  if (policy !== 'SingleStack') return [];
  const why = (what: string): string =>
    `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
  return [
    ...(clusterIPs.length === 2 ? [policyError(policy, why('cluster IPs'))] : []),
    ...(ipFamilies.length === 2 ? [policyError(policy, why('IP families'))] : []),
  ];
}

function missingFamilies(
  policy: string,
  { clusterIPs, ipFamilies }: Stated,
  clusterFamilies: readonly IpFamily[],
): StatusCause[] {
  const isKnown = (family: IpFamily | undefined): boolean =>
    family === undefined || clusterFamilies.includes(family);
  const needsMore = policy === 'RequireDualStack' && clusterFamilies.length < 2;
  return [
    ...clusterIPs.flatMap((ip, i) => {
      const family = familyOfIp(ip);
      if (i < ipFamilies.length || isKnown(family)) return [];
      const why = `${family} is not configured on this cluster`;
      return [invalidField(`spec.clusterIPs[${i}]`, clusterIPs, why)];
    }),
    ...ipFamilies.flatMap((family, i) =>
      isKnown(family)
        ? []
        : [invalidField(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster')],
    ),
    ...(needsMore ? [policyError(policy, 'this cluster is not configured for dual-stack services')] : []),
  ];
}

function familiesOf(clusterIPs: readonly string[], ipFamilies: readonly IpFamily[]): IpFamily[] {
  const inferred = clusterIPs.slice(ipFamilies.length).map(familyOfIp);
  return [...ipFamilies, ...inferred.filter((family) => family !== undefined)];
}

function completed(
  policy: string,
  families: readonly IpFamily[],
  { hasSecond }: { readonly hasSecond: boolean },
): readonly IpFamily[] {
  const [first] = families;
  if (policy === 'SingleStack' || families.length !== 1 || !first || !hasSecond) return families;
  return [first, first === 'IPv4' ? 'IPv6' : 'IPv4'];
}

function familyOfIp(text: string): IpFamily | undefined {
  const ip = parseIp(text);
  return ip && ipFamilyOf(ip);
}

function policyError(policy: string, why: string): StatusCause {
  return invalidField('spec.ipFamilyPolicy', policy, why);
}

function isSame(list: readonly string[], other: readonly string[] | undefined): boolean {
  return JSON.stringify(list) === JSON.stringify(other ?? []);
}
