// What ends a daemon so that it is started again, what it says of itself, and which rights it needs after --init-only.
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ApiObject } from '../../../src/lab/api-server/objects.ts';
import { deleteObject } from '../../../src/lab/api-server/registry.ts';
import { nodes } from '../../../src/lab/api-server/resources.ts';
import { nodeObject } from '../../../src/lab/control-plane/node-object.ts';
import type { Daemon, DaemonOptions } from '../../../src/lab/daemon.ts';
import { fairlead, SOURCES } from '../cleanup/node.ts';
import { type Bed, type Beds, closeBeds, firstSyncs, isSync, startBeds, startDaemon } from '../daemon/bed.ts';
import { save } from '../daemon/iptables-ruleset.ts';
import { runOn } from '../daemon/run-on.ts';
import { until } from '../daemon/until.ts';

const NODE = 'node-1';

let beds: Beds<'iptables-nft'>;
let bed: Bed;
let daemon: Daemon | undefined;
beforeAll(async () => {
  beds = await startBeds(['iptables-nft']);
  bed = beds['iptables-nft'];
});
afterEach(async () => {
  await daemon?.kill();
  putNode();
});
afterAll(() => closeBeds(beds));

async function start(options: Partial<DaemonOptions> = {}): Promise<Daemon> {
  daemon = startDaemon(bed, { command: SOURCES, ...options });
  await firstSyncs(daemon);
  return daemon;
}

function putNode(change: Record<string, unknown> = {}): void {
  const host = bed.lab.nodeHosts.find(({ name }) => name === NODE);
  if (!host) throw new Error(`the lab has no ${NODE}`);
  bed.controlPlane.apply([{ ...nodeObject(host), ...change }]);
}

/** Why the daemon ended, once it has. */
async function restartOf(running: Daemon): Promise<unknown> {
  const event = await running.waitFor(({ msg }) => msg.endsWith(': ending, to be started again'));
  expect(await running.ended).toBe(1);
  return event;
}

describe('a daemon ends with 1, to be started again,', () => {
  it('when its file changes, and says which fields', async () => {
    const running = await start();
    const file = join(bed.lab.directory, `${NODE}.config.json`);
    const config = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(`${file}.new`, JSON.stringify({ ...config, oomScoreAdj: 7 }));
    renameSync(`${file}.new`, file);
    expect(await restartOf(running)).toMatchObject({ file, changes: ['oomScoreAdj: -999 (default) -> 7'] });
  });

  it('when the IPs of the Node change', async () => {
    const running = await start();
    putNode({ status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] } });
    expect(await restartOf(running)).toMatchObject({ to: ['192.0.2.7'] });
  });

  it('when the Node is deleted', async () => {
    const running = await start();
    deleteObject(bed.controlPlane.cluster, nodes, { namespace: undefined, name: NODE });
    expect(await restartOf(running)).toMatchObject({ node: NODE });
  });

  it('when podCIDRs change that it uses', async () => {
    const running = await start({ config: { detectLocalMode: 'NodeCIDR' } });
    putNode({ spec: { podCIDR: '10.9.0.0/24', podCIDRs: ['10.9.0.0/24'] } });
    expect(await restartOf(running)).toMatchObject({ to: ['10.9.0.0/24'] });
  });
});

describe('a daemon', () => {
  it('ends with 0 when told to while a program of its own runs', async () => {
    const directory = join(bed.lab.directory, 'slow');
    mkdirSync(directory);
    const restore = join(directory, 'iptables-nft-restore');
    writeFileSync(restore, '#!/bin/sh\nsleep 0.3\nexec /usr/sbin/iptables-nft-restore "$@"\n', {
      mode: 0o755,
    });
    const env = { FAIRLEAD_IPTABLES: 'nft', PATH: `${directory}:${process.env['PATH']}` };
    daemon = startDaemon(bed, { command: SOURCES, env });
    // Next it finds out what the kernel can do, by such programs.
    await daemon.waitFor(({ msg }) => msg === 'Using iptables Proxier');
    await sleep(100);
    expect(await daemon.stop()).toBe(0);
  });

  it("runs with the command of kubeadm's DaemonSet", async () => {
    const program = join(bed.lab.directory, 'kube-proxy');
    const [node = '', main = ''] = SOURCES;
    symlinkSync(main, program);
    // What follows is `run --config FILE`.
    const command = ['sh', '-c', `exec ${node} ${program} --config="$3" --hostname-override=${NODE}`, 'sh'];
    const running = await start({ command, config: { hostnameOverride: 'another' } });
    expect(running.events).toContainEqual(
      expect.objectContaining({ msg: 'Starting Fairlead', node: NODE, mode: 'iptables' }),
    );
  });

  it.each([true, false])('serves external IPs if AllowServiceExternalIPs is %s', async (isAllowed) => {
    const running = await start({ config: { featureGates: { AllowServiceExternalIPs: isAllowed } } });
    expect((await save(bed)).includes('-d 198.51.100.77/32')).toBe(isAllowed);
    await running.stop();
  });

  it('takes the OOM score of its configuration', async () => {
    const { pid } = await start({ config: { oomScoreAdj: 700 } });
    expect(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8')).toBe('700\n');
  });

  it('says on its Node that it starts', async () => {
    await start();
    const starts = () =>
      bed.controlPlane.cluster.store
        .list('events')
        .filter((event: ApiObject) => event['reason'] === 'Starting');
    await until('the Event is there', async () => starts().length > 0);
    expect(starts()[0]).toMatchObject({
      type: 'Normal',
      action: 'StartKubeProxy',
      reportingComponent: 'kube-proxy',
      involvedObject: { kind: 'Node', name: NODE },
    });
  });
});

describe('a daemon that may not write kernel settings', () => {
  /** As in a container that is not privileged. */
  const confined = (capabilities: string) => [
    'sh',
    '-c',
    'mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys && exec "$@"',
    'sh',
    'setpriv',
    `--bounding-set=-all,${capabilities}`,
    ...SOURCES,
  ];

  beforeEach(async () => {
    expect(await fairlead(bed, '--cleanup')).toMatchObject({ exitCode: 0 });
    await runOn(bed, ['sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=0']);
  });

  it('cannot serve NodePorts on 127.0.0.1, says what is missing, and serves everything else', async () => {
    const { events } = await start({ command: confined('+net_admin,+net_raw') });
    const warning = events.find(({ msg }) => msg.startsWith('cannot write a kernel setting'));
    expect(JSON.stringify(warning)).toContain('/proc/sys is mounted read-only here');
    expect(events.filter(({ msg }) => msg.startsWith('syncProxyRules failed'))).toEqual([]);
  });

  // ipset's match in iptables needs a raw socket; without, affinity holds for fewer clients.
  it.each(['+net_admin,+net_raw', '+net_admin'])('can after --init-only, with %s', async (capabilities) => {
    const config = join(bed.lab.directory, `${NODE}.config.json`);
    const result = await fairlead(bed, '--init-only', `--config=${config}`);
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(await runOn(bed, ['sysctl', '-n', 'net.ipv4.conf.all.route_localnet'])).toBe('1\n');
    const { events } = await start({ command: confined(capabilities) });
    expect(events.filter(({ msg }) => msg.startsWith('syncProxyRules failed'))).toEqual([]);
    expect(events.filter(isSync).length).toBeGreaterThanOrEqual(2);
  });
});
