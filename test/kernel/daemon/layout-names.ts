// What tells Fairlead's layouts apart on a node: chains and sets that no other layout has.
import type { Bed } from './bed.ts';
import { runOn } from './run-on.ts';

/** Sorted; `rules` are those of proxyRulesOn. */
export async function layoutNamesOn(bed: Bed, rules: readonly string[]): Promise<string[]> {
  const names =
    bed.dataplane === 'nftables' ? namesInTables(rules) : [...namesOfServices(rules), ...(await ipsets(bed))];
  return names.sort();
}

/** Base chains are kube-proxy's in all layouts. Of sets it is those that newer-fairlead.ts changes, with their types. */
function namesInTables(rules: readonly string[]): string[] {
  return rules.filter((rule) => /^\S+ \S+ (chain \S+ $|set (\S*endpoints|service-cluster-ips) )/.test(rule));
}

function namesOfServices(rules: readonly string[]): string[] {
  return rules.flatMap((rule) => /^\w+ :(KUBE-(?:SVC|SVL|EXT|FW|SEP)-\S+)/.exec(rule)?.[1] ?? []);
}

async function ipsets(bed: Bed): Promise<string[]> {
  const names = (await runOn(bed, ['ipset', 'list', '-name'])).split('\n');
  return names.filter((name) => /^KUBE-/.test(name));
}
