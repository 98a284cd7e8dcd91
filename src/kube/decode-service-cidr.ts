// ServiceCIDR (networking.k8s.io/v1) to ServiceCidrRecord.
import type { ServiceCidrRecord } from '../model/records.ts';
import { decodeCidrs } from './decode-fields.ts';
import { type Decode, decodeName, decodeVersion } from './decode-metadata.ts';
import { arrayOf, objectOf } from './json-object.ts';

/** What is no network is left out: the API server validates these, and nothing depends on a single one. */
export const decodeServiceCidr: Decode<ServiceCidrRecord> = (object) => ({
  name: decodeName(object),
  ...decodeVersion(objectOf(object['metadata'])),
  cidrs: decodeCidrs(arrayOf(objectOf(object['spec'])['cidrs']), 'spec.cidrs', []),
});
