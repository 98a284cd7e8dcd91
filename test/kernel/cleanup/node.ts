// A node of the lab with rules of others on it, and Fairlead run from its sources there.
import { resolve } from 'node:path';
import type { CommandResult } from '../../../src/system/exec.ts';
import { type Bed, FAMILIES, firstSyncs, startDaemon } from '../daemon/bed.ts';
import { restore, rulesOf, save } from '../daemon/iptables-ruleset.ts';
import { runOn } from '../daemon/run-on.ts';

export const SOURCES = [process.execPath, resolve(import.meta.dirname, '../../../src/main.ts')];

/** Of a container engine, of kubelet, and of somebody who counts on our names. None of them has connections tracked. */
const OTHERS = `*filter
:DOCKER-USER - [0:0]
:KUBE-FIREWALL - [0:0]
-A FORWARD -j DOCKER-USER
-A DOCKER-USER -m comment --comment "KUBE-SERVICES is not meant" -j RETURN
-A INPUT -j KUBE-FIREWALL
COMMIT
*mangle
:KUBE-KUBELET-CANARY - [0:0]
:KUBE-IPTABLES-HINT - [0:0]
COMMIT
*nat
:HOSTPORTS - [0:0]
:KUBE-KUBELET-CANARY - [0:0]
-A PREROUTING -p tcp -m tcp --dport 9 -j HOSTPORTS
-A HOSTPORTS -p tcp -m tcp --dport 9 -j RETURN
COMMIT
`;

/** Returns all rules as they are then, by family. */
export async function addOthers(bed: Bed): Promise<string[][]> {
  for (const family of FAMILIES) await restore(bed, OTHERS, family);
  return rulesByFamily(bed);
}

export function rulesByFamily(bed: Bed): Promise<string[][]> {
  return Promise.all(FAMILIES.map(async (family) => rulesOf(await save(bed, family)).sort()));
}

export async function startFromSources(bed: Bed) {
  const daemon = startDaemon(bed, { command: SOURCES });
  await firstSyncs(daemon);
  return daemon;
}

export function fairlead({ node }: Bed, ...args: readonly string[]): Promise<CommandResult> {
  const [file = '', ...rest] = SOURCES;
  return node.exec(file, [...rest, ...args]);
}

/** The names of all ipsets. */
export async function setsOn(bed: Bed): Promise<string[]> {
  return (await runOn(bed, ['ipset', 'list', '-name'])).split('\n').filter(Boolean);
}
