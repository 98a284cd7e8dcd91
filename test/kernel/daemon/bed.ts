// The lab of these tests: the recorded objects, pods at the recorded addresses, and a node for the daemon as it is shipped.
// Each dataplane gets a lab of its own, so that all can be tested at the same time.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseManifest } from '../../../src/lab/control-plane/apply.ts';
import { ControlPlane } from '../../../src/lab/control-plane/control-plane.ts';
import { Daemon, type DaemonOptions, type LogEvent, SYNC_COMPLETE } from '../../../src/lab/daemon.ts';
import { Lab } from '../../../src/lab/lab.ts';
import type { Place } from '../../../src/lab/place.ts';
import type { IpFamily } from '../../../src/model/ip.ts';
import { type DataplaneName, optionsOf } from './dataplanes.ts';

export interface Bed {
  readonly dataplane: DataplaneName;
  readonly lab: Lab;
  readonly controlPlane: ControlPlane;
  /** Where the daemon runs. */
  readonly node: Place;
  /** A pod on that node. */
  readonly asker: Place;
}

export type Beds<Name extends DataplaneName = DataplaneName> = Readonly<Record<Name, Bed>>;

export const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];

const OBJECTS = readFileSync(resolve(import.meta.dirname, '../../fixtures/objects.yaml'), 'utf8');
const NODE = 'node-1';
const ASKER = 'asker';

/** The endpoints of shop/web and shop/web-dual, then the one that asks. */
const PODS = [
  ...['web-1-1', 'web-1-2', ASKER].map((name) => ({ name, node: NODE })),
  ...['web-2-1', 'web-2-2', 'web-2-3'].map((name) => ({ name, node: 'node-2' })),
];

/** One for each dataplane; closeBeds removes them. */
export async function startBeds<Name extends DataplaneName>(names: readonly Name[]): Promise<Beds<Name>> {
  const beds = await Promise.all(names.map(startBed));
  return Object.fromEntries(beds.map((bed) => [bed.dataplane, bed])) as Record<Name, Bed>;
}

export async function closeBeds(beds: Partial<Beds> | undefined): Promise<void> {
  await Promise.all(Object.values(beds ?? {}).map(({ lab }) => lab.close()));
}

async function startBed(dataplane: DataplaneName): Promise<Bed> {
  const lab = await Lab.start({
    nodes: [
      { name: NODE, zone: 'zone-a' },
      { name: 'node-2', zone: 'zone-b' },
    ],
    pods: PODS.map((pod) => ({ ...pod, ports: [8080, 8443] })),
  });
  try {
    const controlPlane = await ControlPlane.start(lab);
    controlPlane.apply(parseManifest(OBJECTS).filter(({ kind }) => kind !== 'Node'));
    return { dataplane, lab, controlPlane, node: lab.node(NODE), asker: lab.pod(ASKER) };
  } catch (error) {
    await lab.close();
    throw error;
  }
}

/** With the bed's dataplane, if the options do not say another. */
export function startDaemon(bed: Bed, { config, env, ...options }: Partial<DaemonOptions> = {}): Daemon {
  const usual = optionsOf(bed.dataplane);
  return new Daemon(bed.lab, NODE, {
    kubeconfig: bed.controlPlane.proxyKubeconfig,
    ...options,
    config: { ...usual.config, ...config },
    env: { ...usual.env, ...env },
  });
}

/** Starts a daemon; resolves when both families are synced. */
export async function startSynced(bed: Bed, options: Partial<DaemonOptions> = {}): Promise<Daemon> {
  const daemon = startDaemon(bed, options);
  await firstSyncs(daemon);
  return daemon;
}

/** The first completed sync of each family. */
export function firstSyncs(daemon: Daemon): Promise<LogEvent[]> {
  return Promise.all(
    FAMILIES.map((family) => daemon.waitFor((event) => isSync(event) && event['family'] === family)),
  );
}

export function isSync({ msg }: LogEvent): boolean {
  return msg === SYNC_COMPLETE;
}
