// `npm run demo`: a small cluster whose Services work through Fairlead, shown on the terminal.
import { once } from 'node:events';
import { join } from 'node:path';
import { ADMIN_KUBECONFIG } from './control-plane/control-plane.ts';
import { applyManifest, type DemoCluster, startCluster, startLab } from './demo/demo-cluster.ts';
import { playFarewell } from './demo/farewell.ts';
import { play, SCENE_COLUMNS } from './demo/scene.ts';
import { acts } from './demo/scenes.ts';
import { heading, ms, type Print, table } from './demo/screen.ts';
import { showSyncLatencies } from './demo/sync-latencies.ts';
import type { Lab } from './lab.ts';

export interface DemoOptions {
  /** Leave the lab up afterwards, until Ctrl-C. */
  readonly isKept: boolean;
  /** Undefined: as each daemon finds it on its node. */
  readonly iptablesVariant: 'legacy' | 'nft' | undefined;
  /** Where lines go: standard output if not said. */
  readonly print?: Print;
}

const INTERRUPTED = 130;

/** Returns the exit code: 0 only when everything that it showed was right. Whatever happens, nothing is left behind. */
export async function runDemo({
  isKept,
  iptablesVariant,
  print = console.log,
}: DemoOptions): Promise<number> {
  const interrupted = once(process, 'SIGINT');
  const env = iptablesVariant ? { FAIRLEAD_IPTABLES: iptablesVariant } : {};
  const startedAtMs = performance.now();
  const lab = await startLab();
  const interruption = interrupted.then(() => INTERRUPTED);
  try {
    print(heading('A cluster on this machine, made of network namespaces.'));
    const story = tell(lab, env, print);
    const exitCode = await Promise.race([story, interruption]);
    if (isKept && exitCode !== INTERRUPTED) await keep(lab, print, interruption);
    return exitCode;
  } finally {
    await lab.close();
    print(`\nEverything is removed. ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s in all.`);
  }
}

async function tell(lab: Lab, env: Readonly<Record<string, string>>, print: Print): Promise<number> {
  const cluster = await startCluster(lab, env);
  print(
    `  ${lab.nodes.length} nodes, ${lab.pods.length} pods and a client outside, a fairlead on each node.`,
  );
  const settledMs = await applyManifest(cluster);
  print(`  The manifest is applied. After ${ms(settledMs)} every node serves all of it.`);
  const scenes = await playActs(cluster, print);
  const farewell = await playFarewell(cluster, print);
  const syncs = showSyncLatencies(cluster.daemons, print);
  const isRight = scenes && farewell && syncs;
  print(heading(isRight ? 'All of it was right.' : 'Something was wrong, see above.'));
  return isRight ? 0 : 1;
}

async function playActs(cluster: DemoCluster, print: Print): Promise<boolean> {
  let isRight = true;
  for (const { title, scenes } of acts(cluster)) {
    print(heading(title));
    const results = await Promise.all(scenes.map(play));
    for (const line of table([SCENE_COLUMNS, ...results.map(({ row }) => row)])) print(line);
    isRight &&= results.every((result) => result.isRight);
  }
  return isRight;
}

async function keep(lab: Lab, print: Print, interruption: Promise<unknown>): Promise<void> {
  print(heading('The lab stays up until Ctrl-C.'));
  print(`  kubectl --kubeconfig ${join(lab.directory, ADMIN_KUBECONFIG)} get nodes,services,endpointslices`);
  print(`  ip netns exec ${lab.pod('shell').netns} bash      # in a pod; also:`);
  for (const { name, netns } of [...lab.nodes, lab.client])
    print(`  ip netns exec ${netns} bash      # ${name}`);
  await interruption;
}
