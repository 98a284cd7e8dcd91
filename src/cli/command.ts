// What a command line asks for, as data. main.ts carries it out and loads only what that takes.

export type IptablesVariant = 'legacy' | 'nft';

export type Command =
  | {
      readonly kind: 'run';
      readonly configFile: string;
      /** Undefined: as the configuration says. */
      readonly verbosity: number | undefined;
      readonly hostnameOverride: string | undefined;
      /** Undefined: found out on the node. */
      readonly iptablesVariant: IptablesVariant | undefined;
    }
  | {
      readonly kind: 'lab-demo';
      /** The lab stays up afterwards. */
      readonly isKept: boolean;
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
