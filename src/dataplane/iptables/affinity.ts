// Session affinity: each endpoint has a list of the clients that it served lately, named like its chain. The list is an ipset
// with a timeout for each client. Without ipset it is one of xt_recent's, as kube-proxy has it, which keeps 100 clients.
import type { RenderContext } from './features.ts';

/** Matches clients that the endpoint's list holds. */
export function affinityLookup({ features, family }: RenderContext, list: string, seconds: number): string {
  return features.hasSets
    ? `-m set --match-set ${list} src`
    : `-m recent --rcheck --seconds ${seconds} --reap --name ${list} --mask ${HOST_MASK[family]} --rsource`;
}

/** How the endpoint's chain puts the client on the list: by rules before the DNAT rule, or by a match in it. */
export interface AffinityUpdate {
  readonly rules: readonly string[];
  readonly match: string;
}

export function affinityUpdate(
  { features, family }: RenderContext,
  list: string,
  seconds: number,
): AffinityUpdate {
  if (seconds === 0) return { rules: [], match: '' };
  if (features.hasSets) {
    return { rules: [`-j SET --add-set ${list} src --exist --timeout ${seconds}`], match: '' };
  }
  return { rules: [], match: `-m recent --set --name ${list} --mask ${HOST_MASK[family]} --rsource` };
}

const HOST_MASK = { IPv4: '255.255.255.255', IPv6: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' } as const;
