// What several service ports may need of the kernel together, counted.
import type { Ip } from '../../model/ip.ts';
import type { Packed } from './element.ts';

/** How many service ports need each. */
export interface SharedUses {
  readonly clusterIps: Map<Ip, number>;
  /** By value of `endpoints`: those whose connections to themselves must be masqueraded. */
  readonly hairpins: Map<Packed, number>;
  /** Timeouts of session affinity. */
  readonly affinitySeconds: Map<number, number>;
}
