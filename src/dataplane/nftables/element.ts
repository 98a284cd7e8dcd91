// An element of a set or map: all that a Service is in the kernel. Pure data, compared as text, turned into messages by apply.
import type { ServicePortKey } from '../../model/names.ts';
import type { SetName } from './schema.ts';

/**
 * The bytes of a key or of data as the kernel has them, one character (0 to 255) for each: compared and looked up as any string,
 * written to a buffer as latin1. Each field is in network byte order and padded to four bytes, as nf_tables does.
 */
export type Packed = string & { readonly brand: 'Packed' };

export interface Element {
  readonly set: SetName;
  readonly key: Packed;
  /** Of sets of intervals: the last key that belongs to it, inclusive. */
  readonly keyEnd?: Packed;
  /** What a map has for the key. */
  readonly value?: Packed;
  /** For people who list the set: the service port. Never compared. */
  readonly comment?: string;
}

/** Elements that a refusal of the kernel is blamed on. undefined as the owner: shared by Services, or of none. */
export interface OwnedElements {
  readonly owner: ServicePortKey | undefined;
  /** Deleted before the others are added, in the same transaction. */
  readonly deletes: readonly Element[];
  readonly adds: readonly Element[];
}
