// Node (v1) to NodeRecord: what KP 5 uses of it.
import type { Ip } from '../model/ip.ts';
import type { NodeRecord } from '../model/records.ts';
import { decodeCidrs, decodeIps } from './decode-fields.ts';
import { type Decode, decodeName, decodeVersion } from './decode-metadata.ts';
import { arrayOf, type JsonObject, objectOf, stringOf } from './json-object.ts';

const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** A Node's bad fields are left out silently: nobody could act on a problem that only the kubelet makes. */
export const decodeNode: Decode<NodeRecord> = (object) => {
  const metadata = objectOf(object['metadata']);
  const spec = objectOf(object['spec']);
  const addresses = arrayOf(objectOf(object['status'])['addresses']).map(objectOf);
  return {
    name: decodeName(object),
    ...decodeVersion(metadata),
    zone: stringOf(objectOf(metadata['labels'])[ZONE_LABEL]),
    internalIps: decodeAddresses(addresses, 'InternalIP'),
    externalIps: decodeAddresses(addresses, 'ExternalIP'),
    podCidrs: decodeCidrs(podCidrs(spec), 'spec.podCIDRs', []),
    taintKeys: arrayOf(spec['taints'])
      .map((taint) => stringOf(objectOf(taint)['key']))
      .filter((key) => key !== ''),
    isDeleting: typeof metadata['deletionTimestamp'] === 'string',
  };
};

function decodeAddresses(addresses: readonly JsonObject[], type: string): readonly Ip[] {
  const ofType = addresses.filter((address) => address['type'] === type).map(({ address }) => address);
  return decodeIps(ofType, 'status.addresses', []);
}

function podCidrs(spec: JsonObject): readonly unknown[] {
  const listed = arrayOf(spec['podCIDRs']);
  return listed.length > 0 || !spec['podCIDR'] ? listed : [spec['podCIDR']];
}
