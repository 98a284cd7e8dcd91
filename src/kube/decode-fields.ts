// Fields that several kinds share: ports, protocols, addresses, networks. What is wrong becomes a problem, never an exception.
import { type Cidr, type Ip, parseCidr, parseIp } from '../model/ip.ts';
import type { Protocol } from '../model/names.ts';
import { compactArray } from '../util/compact-array.ts';
import { addProblem } from './problems.ts';

const MAX_PORT = 65_535;
/** DNS labels, as API validation has it for the ports of Services and EndpointSlices. */
const PORT_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** 1 to 65535, or undefined with a problem. */
export function decodePort(value: unknown, field: string, problems: string[]): number | undefined {
  if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_PORT) return Number(value);
  addProblem(problems, field, value, 'is no port');
  return undefined;
}

/** 1 to 65535, or 0 for none; what is invalid counts as none. */
export function decodeOptionalPort(value: unknown, field: string, problems: string[]): number {
  if (value === undefined || value === null || value === 0) return 0;
  return decodePort(value, field, problems) ?? 0;
}

/** TCP where the object says nothing, as the API's defaulting has it. */
export function decodeProtocol(value: unknown, field: string, problems: string[]): Protocol | undefined {
  if (value === undefined || value === null || value === '') return 'TCP';
  if (value === 'TCP' || value === 'UDP' || value === 'SCTP') return value;
  addProblem(problems, field, value, 'is no protocol');
  return undefined;
}

/** Empty for an unnamed port. */
export function decodePortName(value: unknown, field: string, problems: string[]): string | undefined {
  if (value === undefined || value === null || value === '') return '';
  if (typeof value === 'string' && PORT_NAME.test(value)) return value;
  addProblem(problems, field, value, 'is no port name');
  return undefined;
}

export function decodeIps(values: readonly unknown[], field: string, problems: string[]): readonly Ip[] {
  return decodeAll(values, parseIp, { field, problems, verdict: 'is no IP address' });
}

/** Spaces around a network are let pass, as in loadBalancerSourceRanges upstream. */
export function decodeCidrs(values: readonly unknown[], field: string, problems: string[]): readonly Cidr[] {
  return decodeAll(values, (raw) => parseCidr(raw.trim()), { field, problems, verdict: 'is no network' });
}

interface Complaint {
  readonly field: string;
  readonly problems: string[];
  readonly verdict: string;
}

function decodeAll<T>(
  values: readonly unknown[],
  parse: (raw: string) => T | undefined,
  { field, problems, verdict }: Complaint,
): readonly T[] {
  const decoded: T[] = [];
  for (const [i, value] of values.entries()) {
    const parsed = typeof value === 'string' ? parse(value) : undefined;
    if (parsed !== undefined) decoded.push(parsed);
    else addProblem(problems, `${field}[${i}]`, value, verdict);
  }
  return compactArray(decoded);
}
