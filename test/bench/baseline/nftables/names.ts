// Names of the chains and sets that kube-proxy makes for a service port (pkg/proxy/nftables/proxier.go, 1.36). Those of more than
// 240 characters, which kube-proxy cuts, are not in any population.
import { hash } from 'node:crypto';
import type { ServicePortName } from '../../../../src/model/names.ts';
import type { PlannedEndpoint } from '../../../../src/plan/plan.ts';

/** `HASH-namespace/name/protocol/port`: what follows the prefix in the names of a service port's chains. */
export function servicePortSuffix(name: ServicePortName): string {
  return hashed(baseName(name));
}

/** The same for the chain and the affinity set of one endpoint. */
export function endpointSuffix(name: ServicePortName, { ip, port }: PlannedEndpoint): string {
  return hashed(`${baseName(name)}__${ip.replaceAll(':', '.')}/${port}`);
}

function baseName({ namespace, name, protocol, portName }: ServicePortName): string {
  return `${namespace}/${name}/${protocol.toLowerCase()}/${portName}`;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** With the first 8 characters of the base32 (RFC 4648) of its SHA-256 in front. */
function hashed(name: string): string {
  const digits = hash('sha256', name, 'buffer').readUIntBE(0, 5).toString(32).padStart(8, '0');
  const base32 = Array.from(digits, (digit) => BASE32.charAt(Number.parseInt(digit, 32)));
  return `${base32.join('')}-${name}`;
}
