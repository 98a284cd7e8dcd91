// Brings up a lab in which real daemons have programmed all objects of the suite.
import { setTimeout as sleep } from 'node:timers/promises';
import { ControlPlane } from '../../../src/lab/control-plane/control-plane.ts';
import { Daemon, SYNC_COMPLETE } from '../../../src/lab/daemon.ts';
import type { Lab } from '../../../src/lab/lab.ts';
import type { Place } from '../../../src/lab/place.ts';
import { isYounger } from './cases/conflicts.ts';
import type { FlowBed } from './experiments/experiment.ts';
import { daemonConfigOf, type FlowDaemonPlace, type FlowDataplane } from './flow-dataplane.ts';
import { startFlowLab } from './flow-lab.ts';
import { flowService, ready } from './flow-service.ts';
import { type Manifest, manifestsOf } from './manifests.ts';
import { FAMILIES, NODES } from './world.ts';

/** Made after everything else, so a daemon that serves it has heard of everything else. */
const LAST = flowService({ number: 300, name: 'younger-last', endpoints: ready('pod-2-1:8080') });

const MAX_CONVERGENCE_MS = 60_000;

export interface FlowCluster extends FlowBed {
  readonly daemons: readonly Daemon[];
}

/** Rejects with the daemons' last words if they do not get that far. The lab is removed then. */
export async function bringUp(
  dataplane: FlowDataplane,
  manifests: readonly Manifest[],
): Promise<FlowCluster> {
  const lab = await startFlowLab();
  try {
    const controlPlane = await ControlPlane.start(lab);
    controlPlane.apply(manifests.filter((manifest) => !isYounger(manifest)));
    const areOlder = sleep(1_000);
    const { startDaemon = (place) => startProgram(place, dataplane) } = dataplane;
    const starts = NODES.map(({ name }) =>
      startDaemon({ lab, controlPlane, nodeName: name, config: daemonConfigOf(dataplane, name) }),
    );
    const daemons = await Promise.all(starts);
    await Promise.all([areOlder, ...daemons.flatMap(firstSyncs)]);
    controlPlane.apply([...manifests.filter(isYounger), ...manifestsOf(LAST)]);
    await Promise.all(daemons.map((daemon) => servesLast(lab, daemon)));
    return { lab, controlPlane, daemons };
  } catch (error) {
    await lab.close();
    throw error;
  }
}

async function startProgram(
  { lab, controlPlane, nodeName, config }: FlowDaemonPlace,
  { env }: FlowDataplane,
): Promise<Daemon> {
  const kubeconfig = controlPlane.proxyKubeconfig;
  return new Daemon(lab, nodeName, { kubeconfig, config, ...(env && { env }) });
}

function firstSyncs(daemon: Daemon): Promise<unknown>[] {
  return FAMILIES.map((family) =>
    daemon.waitFor(({ msg, ...event }) => msg === SYNC_COMPLETE && event['family'] === family, {
      timeoutMs: MAX_CONVERGENCE_MS,
    }),
  );
}

async function servesLast(lab: Lab, daemon: Daemon): Promise<void> {
  const deadline = performance.now() + MAX_CONVERGENCE_MS;
  while (!(await isLastServed(lab.node(daemon.nodeName)))) {
    if (performance.now() > deadline)
      throw new Error(`${daemon.nodeName} does not converge:\n${daemon.lastLines()}`);
  }
}

async function isLastServed(node: Place): Promise<boolean> {
  const probes = FAMILIES.map((family) =>
    node.probe({ to: LAST.clusterIps[family], port: 80, timeoutMs: 300 }),
  );
  return (await Promise.all(probes)).flat().every(({ ok }) => ok);
}
