// What the daemon is started with.
import type { FlagTexts } from '../config/flagged-values.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { IptablesVariant } from '../dataplane/iptables/tools.ts';
import type { Logger } from '../log/logger.ts';
import type { Restart } from './restart.ts';

export interface DaemonOptions {
  readonly loaded: LoadedConfig;
  /** As they were given, for who asks the running daemon. */
  readonly flags: FlagTexts;
  readonly nodeName: string;
  /** Address of the API server, before the kubeconfig's; empty for none. */
  readonly master: string;
  /** undefined: found out on the node. */
  readonly iptablesVariant: IptablesVariant | undefined;
  /** How many clients session affinity may remember in nftables mode, in each family; undefined: as many as usual. */
  readonly affinityClients: number | undefined;
  readonly log: Logger;
  /** Ends the daemon. The rules stay. */
  readonly signal: AbortSignal;
  /** For what is decided once, at the start. */
  readonly restart: Restart;
}
