// What a command line asks for, as data. main.ts carries it out and loads only what that takes.
import type { ConfigSource } from '../config/load-config.ts';

export type IptablesVariant = 'legacy' | 'nft';

/** Modes that there are. */
export type Mode = 'iptables' | 'nftables';

export type Command =
  | {
      readonly kind: 'run';
      readonly source: ConfigSource;
      /** Address of the API server, before the kubeconfig's; empty for none. */
      readonly master: string;
      /** Undefined: found out on the node. */
      readonly iptablesVariant: IptablesVariant | undefined;
      /** How many clients session affinity may remember in nftables mode; undefined: as many as usual. */
      readonly affinityClients: number | undefined;
    }
  /** What takes more rights than programming rules does, then the end. */
  | {
      readonly kind: 'init-only';
      readonly source: ConfigSource;
      readonly iptablesVariant: IptablesVariant | undefined;
    }
  | { readonly kind: 'write-config'; readonly source: ConfigSource; readonly target: string }
  /** Removes everything that a service proxy left on the node. */
  | { readonly kind: 'cleanup' }
  | {
      readonly kind: 'lab-demo';
      /** The lab stays up afterwards. */
      readonly isKept: boolean;
      readonly mode: Mode;
      readonly iptablesVariant: IptablesVariant | undefined;
    }
  | { readonly kind: 'version' }
  | { readonly kind: 'help'; readonly text: string }
  /** The line makes no sense: print the message and exit with 1. */
  | { readonly kind: 'usage-error'; readonly message: string };

/** A value on the command line, or in the environment, that makes no sense. */
export class UsageError extends Error {
  readonly code = 'ERR_USAGE';

  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
