// What kube-proxy feeds to iptables-restore: everything, or after a change what a partial sync rewrites.
import { type BaselineChain, tableSection } from './chain.ts';
import type { KubeProxyRules } from './kube-proxy-rules.ts';

/** The options that kube-proxy gives to iptables-restore. */
export const RESTORE_OPTIONS: readonly string[] = ['-w', '5', '--noflush', '--counters'];

export function* fullRestore({ filter, nat, services }: KubeProxyRules): Generator<string> {
  yield* tableSection('filter', filter);
  yield* tableSection('nat', [...nat, ...[...services.values()].flat()]);
}

/** The top-level chains whole, and the chains of what changed. */
export function* partialRestore(
  { filter, nat }: Pick<KubeProxyRules, 'filter' | 'nat'>,
  changed: readonly BaselineChain[],
): Generator<string> {
  yield* tableSection('filter', filter);
  yield* tableSection('nat', [...nat, ...changed]);
}
