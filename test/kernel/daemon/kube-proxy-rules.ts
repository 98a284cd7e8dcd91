// kube-proxy of iptables mode on a bed's node, as recorded, in the variant of the bed.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { IpFamily } from '../../../src/model/ip.ts';
import { kubeProxySync } from '../../builders/kube-proxy-sync.ts';
import { type Bed, FAMILIES } from './bed.ts';
import { restore, restoreAll, save } from './iptables-ruleset.ts';

const RECORDED = resolve(import.meta.dirname, '../../fixtures/kube-proxy');
const SAVE = { IPv4: 'iptables-save', IPv6: 'ip6tables-save' } as const;

/** Its rules as recorded, and the counters that they name, if they are not there yet. */
export async function runKubeProxy(bed: Bed): Promise<void> {
  for (const counter of ['ct_state_invalid_dropped_pkts', 'localhost_nps_accepted_pkts'])
    await bed.node.exec('nfacct', ['add', counter]);
  for (const family of FAMILIES) await restoreAll(bed, recorded(bed, family), family);
}

/** As its full sync does, when it comes back. */
export async function syncKubeProxy(bed: Bed): Promise<void> {
  for (const family of FAMILIES)
    await restore(bed, kubeProxySync(recorded(bed, family), await save(bed, family)), family);
}

export function recorded({ dataplane }: Bed, family: IpFamily): string {
  return readFileSync(resolve(RECORDED, `${dataplane}.${SAVE[family]}`), 'utf8');
}
