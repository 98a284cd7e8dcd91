// Which clients lose the endpoint that session affinity has learned for them.
import type { Packed } from './element.ts';

/**
 * By frontend, as the key of `frontends`: a NodePort's address is zero, and stands for clients of any address with its protocol
 * and port. The endpoints, as the values of `clients`, or all of them.
 */
export type Evictions = ReadonlyMap<Packed, ReadonlySet<Packed> | 'all'>;
