// What kube-proxy feeds to iptables-restore: everything, or after a change what a partial sync rewrites.
import { type BaselineChain, tableSection } from './chain.ts';
import type { KubeProxyRules } from './kube-proxy-rules.ts';

const SERVICES_PER_STEP = 250;

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

/**
 * The same rules in the kernel as after a full restore, as a row of restores: iptables-nft takes time by the square of what one of
 * them names.
 */
export function* stepwiseRestore({ filter, nat, services }: KubeProxyRules): Generator<Generator<string>> {
  yield tableSection('nat', [{ name: 'KUBE-MARK-MASQ', rules: [] }]);
  const all = [...services.values()];
  for (let start = 0; start < all.length; start += SERVICES_PER_STEP)
    yield tableSection('nat', all.slice(start, start + SERVICES_PER_STEP).flat());
  yield partialRestore({ filter, nat }, []);
}
