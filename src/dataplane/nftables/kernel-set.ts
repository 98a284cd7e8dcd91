// A set of the schema as netlink has it in one family.
import type { IpFamily } from '../../model/ip.ts';
import type { NftFieldType, NftSet } from '../../system/netlink/nftables/nft-set.ts';
import type { Field, SetSchema } from './schema.ts';

/** Some 25 MB of kernel memory in IPv4 when all of them are there; the kernel's own limit is 65,535. */
const USUAL_MAX_CLIENTS = 262_144;

export function kernelSet(schema: SetSchema, family: IpFamily, maxClients = USUAL_MAX_CLIENTS): NftSet {
  const { name, comment, key, value, isInterval = false, isLearned = false } = schema;
  const types = (fields: readonly Field[]) => fields.map((field) => fieldType(field, family));
  return {
    ...{ name, comment, isInterval, isDynamic: isLearned },
    ...(isLearned && { size: maxClients }),
    key: types(key),
    ...(value && { value: types(value) }),
  };
}

function fieldType(field: Field, family: IpFamily): NftFieldType {
  if (field === 'address') return family === 'IPv4' ? 'ipv4-address' : 'ipv6-address';
  return field === 'slot' ? 'number' : field;
}
