// `npm run demo`: a small cluster whose Services work through Fairlead, shown on the terminal.
import { join } from 'node:path';
import { ADMIN_KUBECONFIG } from './control-plane/control-plane.ts';
import { applyManifest, type DemoCluster, startCluster, startLab } from './demo/demo-cluster.ts';
import { playFarewell } from './demo/farewell.ts';
import { play, SCENE_COLUMNS } from './demo/scene.ts';
import { acts } from './demo/scenes.ts';
import { dim, heading, ms, type Print, table } from './demo/screen.ts';
import { showSyncLatencies } from './demo/sync-latencies.ts';
import type { Lab } from './lab.ts';

export interface DemoOptions {
  /** Leave the lab up afterwards, until Ctrl-C. */
  readonly isKept: boolean;
  readonly mode: 'iptables' | 'nftables';
  /** Undefined: as each daemon finds it on its node. */
  readonly iptablesVariant: 'legacy' | 'nft' | undefined;
  /** Where lines go: standard output if not said. */
  readonly print?: Print;
}

const INTERRUPTED = 130;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Returns the exit code: 0 only when everything that it showed was right. Whatever happens, nothing is left behind. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { print = console.log } = options;
  const interruption = Promise.withResolvers<number>();
  // Not `once`: execa ends the process when it finds no other listener than its own.
  const interrupt = () => interruption.resolve(INTERRUPTED);
  for (const signal of SIGNALS) process.on(signal, interrupt);
  // `npm run demo | head`: who read along has left, and the next line would end the process with the lab still up.
  process.stdout.on('error', interrupt);
  const startedAtMs = performance.now();
  const lab = await startLab();
  try {
    const exitCode = await Promise.race([showAll(lab, options, print), interruption.promise]);
    if (options.isKept && exitCode !== INTERRUPTED) {
      printHowToUse(lab, print);
      await interruption.promise;
    }
    return exitCode;
  } finally {
    await lab.close();
    for (const signal of SIGNALS) process.off(signal, interrupt);
    print(`\nEverything is removed. ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s in all.`);
  }
}

async function showAll(lab: Lab, { mode, iptablesVariant }: DemoOptions, print: Print): Promise<number> {
  print(heading('A cluster on this machine, made of network namespaces.'));
  const env = iptablesVariant ? { FAIRLEAD_IPTABLES: iptablesVariant } : {};
  const cluster = await startCluster(lab, { config: { mode }, env });
  const { nodes, pods } = lab;
  print(
    `  ${nodes.length} nodes with a fairlead each, in ${mode} mode, ${pods.length} pods, a client outside.`,
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

function printHowToUse(lab: Lab, print: Print): void {
  print(heading('The lab stays up until Ctrl-C.'));
  print(`  kubectl --kubeconfig ${join(lab.directory, ADMIN_KUBECONFIG)} get nodes,services,endpointslices`);
  for (const { name, netns } of [...lab.nodes, ...lab.pods, lab.client]) {
    print(`  ip netns exec ${netns} bash  ${dim(`# on ${name}`)}`);
  }
}
