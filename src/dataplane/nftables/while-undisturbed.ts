// Dumps of nf_tables that others disturb: whoever changes any table meanwhile makes them inconsistent.
import { NetlinkError } from '../../system/netlink/netlink-error.ts';

/** Chains, rules and sets are listed within milliseconds. */
const MAX_TRIES = 50;

/** Asks again until nobody disturbs. Throws the last NetlinkError. */
export async function whileUndisturbed<T>(dump: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await dump();
    } catch (error) {
      const isDisturbed = error instanceof NetlinkError && error.code === 'EINTR';
      if (!isDisturbed || tries === MAX_TRIES) throw error;
    }
  }
}
