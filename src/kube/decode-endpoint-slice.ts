// EndpointSlice (discovery.k8s.io/v1) to EndpointSliceRecord, as KP 3.3 reads it.
import { type IpFamily, ipFamilyOf, parseIp } from '../model/ip.ts';
import type { EndpointPortRecord, EndpointRecord, EndpointSliceRecord } from '../model/records.ts';
import { compactArray } from '../util/compact-array.ts';
import type { Intern } from '../util/intern.ts';
import { triggerTimeMs } from './annotations.ts';
import { decodePort, decodePortName, decodeProtocol } from './decode-fields.ts';
import { type Decode, DecodeError, decodeNamespacedName, decodeVersion } from './decode-metadata.ts';
import { arrayOf, isObject, type JsonObject, objectOf, stringOf } from './json-object.ts';
import { addProblem } from './problems.ts';

const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
const NO_HINTS: readonly string[] = [];

export const decodeEndpointSlice: Decode<EndpointSliceRecord> = (object, intern) => {
  if (typeof object['addressType'] !== 'string')
    throw new DecodeError('an EndpointSlice without addressType');
  const metadata = objectOf(object['metadata']);
  const family = decodeFamily(object['addressType']);
  const problems: string[] = [];
  return {
    ...decodeNamespacedName(object, intern),
    ...decodeVersion(metadata),
    serviceName: stringOf(objectOf(metadata['labels'])[SERVICE_NAME_LABEL]),
    family,
    endpoints: family ? decodeEndpoints(object, { family, intern, problems }) : [],
    ports: family ? decodePorts(object, intern, problems) : [],
    triggerTimeMs: triggerTimeMs(metadata),
    problems: compactArray(problems),
  };
};

function decodeFamily(addressType: string): IpFamily | undefined {
  return addressType === 'IPv4' || addressType === 'IPv6' ? addressType : undefined;
}

interface Context {
  readonly family: IpFamily;
  readonly intern: Intern;
  readonly problems: string[];
}

function decodeEndpoints(object: JsonObject, context: Context): readonly EndpointRecord[] {
  const endpoints: EndpointRecord[] = [];
  for (const [i, value] of arrayOf(object['endpoints']).entries()) {
    const endpoint = decodeEndpoint(objectOf(value), i, context);
    if (endpoint) endpoints.push(endpoint);
  }
  return compactArray(endpoints);
}

/** Only the first address counts: the others were never given a meaning (kubernetes #106267). */
function decodeEndpoint(raw: JsonObject, i: number, context: Context): EndpointRecord | undefined {
  const { family, intern, problems } = context;
  const [address] = arrayOf(raw['addresses']);
  const ip = parseIp(stringOf(address));
  if (!ip || ipFamilyOf(ip) !== family) {
    addProblem(problems, `endpoints[${i}].addresses[0]`, address, `is no ${family} address`);
    return undefined;
  }
  const { ready, serving, terminating } = decodeConditions(objectOf(raw['conditions']));
  const { zoneHints, nodeHints } = decodeHints(objectOf(raw['hints']), intern);
  // Spelled out: an object that a spread extends takes a quarter more memory, and there are 100,000 of these.
  return {
    ip,
    nodeName: intern(stringOf(raw['nodeName'])),
    zone: intern(stringOf(raw['zone'])),
    podName: decodePodName(objectOf(raw['targetRef'])),
    ready,
    serving,
    terminating,
    zoneHints,
    nodeHints,
  };
}

function decodePodName(targetRef: JsonObject): string {
  return targetRef['kind'] === 'Pod' ? stringOf(targetRef['name']) : '';
}

/** Unknown counts as ready, serving and not terminating, as the API documents. */
function decodeConditions({ ready, serving, terminating }: JsonObject) {
  return { ready: ready !== false, serving: serving !== false, terminating: terminating === true };
}

function decodeHints({ forZones, forNodes }: JsonObject, intern: Intern) {
  return { zoneHints: decodeHintNames(forZones, intern), nodeHints: decodeHintNames(forNodes, intern) };
}

function decodeHintNames(hints: unknown, intern: Intern): readonly string[] {
  const entries = arrayOf(hints);
  if (entries.length === 0) return NO_HINTS;
  return entries.map((hint) => intern(stringOf(objectOf(hint)['name']))).filter((name) => name !== '');
}

/** A port without a number means "all ports" in the API; kube-proxy skips it, and so one without a name (null). */
function decodePorts(object: JsonObject, intern: Intern, problems: string[]): readonly EndpointPortRecord[] {
  const ports = arrayOf(object['ports']).flatMap((value, i) => {
    if (!isObject(value)) return [];
    const { name: rawName, port: rawPort } = value;
    if (typeof rawName !== 'string' || rawPort === undefined || rawPort === null || rawPort === 0) return [];
    const name = decodePortName(rawName, `ports[${i}].name`, problems);
    const protocol = decodeProtocol(value['protocol'], `ports[${i}].protocol`, problems);
    const port = decodePort(rawPort, `ports[${i}].port`, problems);
    if (name === undefined || protocol === undefined || port === undefined) return [];
    return [{ name: intern(name), protocol, port }];
  });
  return compactArray(ports);
}
