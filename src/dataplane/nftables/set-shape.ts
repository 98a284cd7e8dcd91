// What the kernel tells of a set beyond its name, as far as it decides whether elements and rules of ours fit.
import type { IpFamily } from '../../model/ip.ts';
import type { Field, SetSchema } from './schema.ts';

export interface SetShape {
  readonly keyBytes: number;
  /** undefined for a set. */
  readonly value: 'verdict' | { readonly bytes: number } | undefined;
  /** NFT_SET_INTERVAL. */
  readonly isInterval: boolean;
  /** NFT_SET_EVAL and NFT_SET_TIMEOUT: packets add to it. */
  readonly isLearned: boolean;
}

export function shapeOf(schema: SetSchema, family: IpFamily): SetShape {
  const { key, value, isInterval = false, isLearned = false } = schema;
  return {
    keyBytes: bytesOf(key, family),
    value: typeof value === 'object' ? { bytes: bytesOf(value, family) } : value,
    isInterval,
    isLearned,
  };
}

/** Two sets of the same shape and name are the same to us. */
export function isSameShape(a: SetShape, b: SetShape): boolean {
  return shapeText(a) === shapeText(b);
}

function shapeText({ keyBytes, value, isInterval, isLearned }: SetShape): string {
  return [keyBytes, typeof value === 'object' ? value.bytes : value, isInterval, isLearned].join(' ');
}

function bytesOf(fields: readonly Field[], family: IpFamily): number {
  const addressBytes = family === 'IPv4' ? 4 : 16;
  return fields.reduce((sum, field) => sum + (field === 'address' ? addressBytes : 4), 0);
}
