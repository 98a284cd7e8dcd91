// kube-proxy of nftables mode on a bed's node, as recorded.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Bed } from './bed.ts';
import { runOn } from './run-on.ts';

export const KUBE_PROXY_TABLES = readFileSync(
  resolve(import.meta.dirname, '../../fixtures/kube-proxy/nftables.ruleset.nft'),
  'utf8',
);

/** On a node that has no table of it. */
export async function loadKubeProxyTables(bed: Bed): Promise<void> {
  await runOn(bed, ['nft', '-f', '-'], KUBE_PROXY_TABLES);
}

/**
 * As its first full sync does, when it comes back: it makes its base chains anew, whatever is in them, and leaves chains that are not
 * its own alone (syncProxyRules in pkg/proxy/nftables/proxier.go).
 */
export async function syncKubeProxyTables(bed: Bed): Promise<void> {
  await runOn(bed, ['nft', '-f', '-'], newBaseChains() + KUBE_PROXY_TABLES);
}

function newBaseChains(): string {
  return KUBE_PROXY_TABLES.split(/^(?=table )/m)
    .flatMap((table) => {
      const [, name = ''] = /^table (\S+ \S+)/.exec(table) ?? [];
      return Array.from(table.matchAll(/chain (\S+) \{\s+type (.*?);/g), ([, chain, hook]) => [
        `add chain ${name} ${chain} { type ${hook}; }`,
        `delete chain ${name} ${chain}`,
      ]).flat();
    })
    .map((line) => `${line}\n`)
    .join('');
}
