// Which names objects may have (apimachinery, pkg/api/validate/content/dns.go and pkg/api/validation/path/name.go).
import { invalidField } from './field-error.ts';
import type { ApiObject } from './objects.ts';
import { namespaces, type Resource, services } from './resources.ts';
import type { StatusCause } from './status-error.ts';
import { clusterRoleBindings, clusterRoles } from './stored-resources.ts';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = String.raw`${LABEL}(\.${LABEL})*`;

const LABEL_WORDS =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an " +
  "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is " +
  `'${LABEL}')`;
const SUBDOMAIN_WORDS =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  `'${SUBDOMAIN}')`;

/** Names of Namespaces and Services become parts of DNS names, those of roles only of paths, all others whole DNS names. */
export function nameProblems(resource: Resource, { metadata: { name } }: ApiObject): StatusCause[] {
  if (resource === namespaces || resource === services) return labelProblems('metadata.name', name);
  if (resource === clusterRoles || resource === clusterRoleBindings)
    return pathSegmentProblems('metadata.name', name);
  return subdomainProblems('metadata.name', name);
}

export function labelProblems(field: string, value: string): StatusCause[] {
  return problems(field, value, { maxLength: 63, pattern: LABEL, words: LABEL_WORDS });
}

export function subdomainProblems(field: string, value: string): StatusCause[] {
  return problems(field, value, { maxLength: 253, pattern: SUBDOMAIN, words: SUBDOMAIN_WORDS });
}

function pathSegmentProblems(field: string, value: string): StatusCause[] {
  if (value === '.' || value === '..') return [invalidField(field, value, `may not be '${value}'`)];
  return ['/', '%']
    .filter((character) => value.includes(character))
    .map((character) => invalidField(field, value, `may not contain '${character}'`));
}

interface NameRule {
  readonly maxLength: number;
  readonly pattern: string;
  readonly words: string;
}

function problems(field: string, value: string, { maxLength, pattern, words }: NameRule): StatusCause[] {
  const causes: StatusCause[] = [];
  if (value.length > maxLength)
    causes.push(invalidField(field, value, `must be no more than ${maxLength} characters`));
  if (!new RegExp(`^${pattern}$`).test(value)) causes.push(invalidField(field, value, words));
  return causes;
}
