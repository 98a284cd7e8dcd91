// Tells whether somebody else changed what we wrote, at a cost that does not grow with the rules.
import type { IptablesState } from './state.ts';

export interface TamperProbe {
  /** The first call after a change of the state records the kernel's answer to compare with. */
  isUntouched(state: IptablesState): Promise<boolean>;
}
