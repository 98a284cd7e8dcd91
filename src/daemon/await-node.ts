// Before the first rule: waits for our Node, and holds its IP families against the configuration.
import type { ProxyConfig } from '../config/fields.ts';
import type { Logger } from '../log/logger.ts';
import type { IpFamily } from '../model/ip.ts';
import { fatalIpFaults, ipWarnings } from './ip-config.ts';
import type { NodeGuard } from './node-guard.ts';
import { primaryFamilyOf } from './node-ips.ts';

export interface AwaitNodeOptions {
  readonly config: ProxyConfig;
  /** Those that the kernel has. */
  readonly families: readonly IpFamily[];
  readonly log: Pick<Logger, 'warn'>;
  readonly signal: AbortSignal;
}

/** Throws for what only an operator can put right. Returns early when the signal aborts. */
export async function awaitNode(
  guard: NodeGuard,
  { config, families, log, signal }: AwaitNodeOptions,
): Promise<void> {
  await guard.ready(signal);
  if (signal.aborted) return;
  const primaryFamily = primaryFamilyOf(config, guard.node);
  const node = { families, primaryFamily, podCidrs: guard.node?.podCidrs ?? [] };
  for (const warning of ipWarnings(config, node))
    log.warn({ warning }, 'configuration may not be what is wanted');
  const faults = fatalIpFaults(config, node);
  if (faults.length > 0) throw new Error(faults.join('; '));
}
