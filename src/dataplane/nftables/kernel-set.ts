// A set of the schema as netlink has it in one family.
import type { IpFamily } from '../../model/ip.ts';
import type { NftFieldType, NftSet } from '../../system/netlink/nftables/nft-set.ts';
import type { Field, SetSchema } from './schema.ts';

export function kernelSet(schema: SetSchema, family: IpFamily): NftSet {
  const { name, comment, key, value, isInterval = false, isLearned = false } = schema;
  const types = (fields: readonly Field[]) => fields.map((field) => fieldType(field, family));
  return {
    ...{ name, comment, isInterval, isDynamic: isLearned },
    key: types(key),
    ...(value && { value: value === 'verdict' ? value : types(value) }),
  };
}

function fieldType(field: Field, family: IpFamily): NftFieldType {
  if (field === 'address') return family === 'IPv4' ? 'ipv4-address' : 'ipv6-address';
  return field === 'slot' ? 'number' : field;
}
