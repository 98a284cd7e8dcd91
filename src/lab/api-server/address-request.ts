// What is asked of the allocation of addresses and ports.
import type { ServiceAddresses } from './service-addresses.ts';
import type { ServiceSpec } from './service-spec.ts';

/** A Service that wants addresses. */
export interface AddressRequest {
  readonly name: string;
  readonly spec: ServiceSpec;
  /** Empty for a new Service. What is in it, the Service has already. */
  readonly before: ServiceSpec;
  readonly addresses: ServiceAddresses;
}
