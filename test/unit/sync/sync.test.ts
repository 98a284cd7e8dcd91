import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IpFamily } from '../../../src/model/ip.ts';
import type { NodeRecord } from '../../../src/model/records.ts';
import type { SyncReport } from '../../../src/status/snapshot.ts';
import { KernelMirror } from '../../../src/sync/kernel-mirror.ts';
import { ModelState } from '../../../src/sync/model-state.ts';
import { type Tampering, tellAll } from '../../../src/sync/observer.ts';
import { Sync, type SyncOptions } from '../../../src/sync/sync.ts';
import { aPlanConfig } from '../../builders/plans.ts';
import { anEndpoint, aService, aSlice, ip } from '../../builders/records.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { FakeDataplane } from '../../fakes/fake-dataplane.ts';

const LISTED = [{ kind: 'replace-start' }, { kind: 'synced' }] as const;

const NODE: NodeRecord = {
  ...{ uid: 'uid', resourceVersion: '1', generation: 0, name: 'node-1', zone: '' },
  ...{ internalIps: [], externalIps: [], podCidrs: [], taintKeys: [], isDeleting: false },
};

let dataplane: FakeDataplane;
let model: ModelState;
let clock: FakeClock;
let starts: IpFamily[];
let reports: SyncReport[];
let touches: Tampering[];
let abort: AbortController;
let running: Promise<void>;

beforeEach(() => {
  dataplane = new FakeDataplane();
  // A sync gives the event loop a turn at each of its steps.
  clock = new FakeClock({ turns: 12 });
  model = new ModelState({ clock });
  starts = [];
  reports = [];
  touches = [];
  abort = new AbortController();
});

afterEach(async () => {
  abort.abort();
  await running;
});

/** Starts syncing an empty cluster, as a daemon does that has its lists and the lock. */
async function start(options: Partial<SyncOptions> = {}): Promise<Sync> {
  const sync = newSync(options);
  for (const event of LISTED) {
    model.handleService(event);
    model.handleEndpointSlice(event);
    model.handleNode(event);
    model.handleServiceCidr(event);
  }
  await sync.mirrored;
  running = sync.run(abort.signal);
  await clock.advance(0);
  reports.length = 0;
  return sync;
}

function newSync(options: Partial<SyncOptions>): Sync {
  return new Sync({
    model,
    kernels: [new KernelMirror(dataplane)],
    settings: { config: aPlanConfig(), node: { name: 'node-1', bindIp: undefined } },
    pacing: { minSyncPeriodMs: undefined },
    syncPeriodMs: 30_000,
    clock,
    random: () => 0,
    observer: tellAll([
      {
        onSyncStart: (family) => starts.push(family),
        onSync: (report) => reports.push(report),
        onTampering: (tampering) => touches.push(tampering),
      },
    ]),
    ...options,
  });
}

function putEndpoint(address: string): void {
  model.handleService({ kind: 'put', record: aService() });
  model.handleEndpointSlice({
    kind: 'put',
    record: aSlice({ endpoints: [anEndpoint({ ip: ip(address) })] }),
  });
}

const causes = () => reports.map(({ cause }) => cause);

describe('Sync', () => {
  it('is mirrored only when every list is complete', async () => {
    const sync = newSync({});
    running = Promise.resolve();
    let isMirrored = false;
    void sync.mirrored.then(() => {
      isMirrored = true;
    });
    for (const event of LISTED) model.handleService(event);
    for (const event of LISTED) model.handleEndpointSlice(event);
    for (const event of LISTED) model.handleNode(event);
    await clock.advance(0);
    expect(isMirrored).toBe(false);
    for (const event of LISTED) model.handleServiceCidr(event);
    await clock.advance(0);
    expect(isMirrored).toBe(true);
  });

  it('is mirrored at once when the lists were complete before it', async () => {
    for (const event of LISTED) {
      model.handleService(event);
      model.handleEndpointSlice(event);
      model.handleNode(event);
      model.handleServiceCidr(event);
    }
    running = Promise.resolve();
    await expect(newSync({}).mirrored).resolves.toBeUndefined();
  });

  it('applies the first change after a quiet time at once', async () => {
    await start();
    await clock.advance(1_000);
    putEndpoint('10.244.2.1');
    await clock.advance(0);
    expect(reports).toMatchObject([{ cause: 'changes', outcome: 'committed', lagMs: 0 }]);
  });

  it('tells when a sync begins', async () => {
    await start();
    starts.length = 0;
    putEndpoint('10.244.2.1');
    await clock.advance(0);
    expect(starts).toEqual(['IPv4']);
    await clock.advance(60_000);
    expect(starts).toHaveLength(reports.length);
  });

  it('puts a burst into few syncs, spaced by what a sync costs', async () => {
    await start();
    dataplane.onApply = () => clock.spend(400);
    for (let i = 1; i <= 100; i++) {
      putEndpoint(`10.244.3.${i}`);
      await clock.advance(100);
    }
    // 10 s of changes; each sync of 0.4 s is followed by 1.6 s of rest.
    expect(reports.length).toBeGreaterThanOrEqual(5);
    expect(reports.length).toBeLessThanOrEqual(8);
  });

  it('honours minSyncPeriod', async () => {
    await start({ pacing: { minSyncPeriodMs: 5_000 } });
    await clock.advance(10_000);
    putEndpoint('10.244.3.1');
    await clock.advance(0);
    putEndpoint('10.244.3.2');
    await clock.advance(4_900);
    expect(reports).toHaveLength(1);
    await clock.advance(200);
    expect(reports).toHaveLength(2);
  });

  it('tries again after a failure, later each time, the first sync included', async () => {
    dataplane.isReadable = false;
    await start();
    await clock.advance(60_000);
    expect(causes().every((cause) => cause === 'start')).toBe(true);
    expect(reports.length).toBeGreaterThanOrEqual(4);
    expect(reports.length).toBeLessThanOrEqual(6);
    dataplane.isReadable = true;
    await clock.advance(30_000);
    expect(reports.at(-1)).toMatchObject({ cause: 'start', outcome: 'nothing-to-do' });
  });

  it('notices within five seconds that somebody removed rules, and repairs them', async () => {
    const sync = await start();
    putEndpoint('10.244.2.1');
    await clock.advance(1_000);
    dataplane.kernel.clear();
    await clock.advance(5_000);
    expect(causes()).toEqual(['changes', 'tampering']);
    expect(dataplane.kernel.size).toBe(1);
    expect(sync.snapshot().families).toMatchObject([{ repairs: 1 }]);
  });

  it('repairs at once when the dataplane says that somebody touched it, and tells who', async () => {
    await start();
    putEndpoint('10.244.2.1');
    await clock.advance(100);
    reports.length = 0;
    const by = { pid: 4711, name: 'nft' };
    dataplane.kernel.clear();
    dataplane.touch({ by });
    dataplane.touch({ by });
    await clock.advance(0);
    expect(touches).toEqual([{ family: 'IPv4', by }]);
    expect(reports).toMatchObject([{ cause: 'tampering', outcome: 'committed' }]);
    expect(dataplane.kernel.size).toBe(1);
  });

  it('repairs once more what somebody touches during a repair', async () => {
    await start();
    putEndpoint('10.244.2.1');
    await clock.advance(100);
    reports.length = 0;
    dataplane.onApply = () => {
      dataplane.onApply = () => {};
      dataplane.touch({});
    };
    dataplane.kernel.clear();
    dataplane.touch({});
    await clock.advance(0);
    expect(reports.map(({ outcome }) => outcome)).toEqual(['committed', 'nothing-to-do']);
    expect(causes()).toEqual(['tampering', 'tampering']);
  });

  it('still makes its first sync when somebody touches the kernel while that fails', async () => {
    dataplane.isReadable = false;
    await start();
    dataplane.touch({});
    dataplane.isReadable = true;
    await clock.advance(60_000);
    expect(causes()[0]).toBe('start');
    expect(touches).toEqual([]);
  });

  it('stops watching at its end', async () => {
    await start();
    abort.abort();
    await running;
    dataplane.touch({});
    expect(touches).toEqual([]);
  });

  it('audits every ten minutes, and less often when an audit costs more', async () => {
    await start();
    await clock.advance(25 * 60_000);
    expect(causes()).toEqual(['audit', 'audit']);
  });

  it('shows the newest Node, and since when it writes', async () => {
    const sync = newSync({});
    running = Promise.resolve();
    expect(sync.snapshot()).toMatchObject({ node: undefined, runningSinceMs: undefined });
    const node = { ...NODE, taintKeys: ['ToBeDeletedByClusterAutoscaler'] };
    model.handleNode({ kind: 'put', record: node });
    expect(sync.snapshot().node).toBe(node);
    model.handleNode({ kind: 'delete', namespace: '', name: 'node-1' });
    expect(sync.snapshot().node).toBeUndefined();
    running = sync.run(abort.signal);
    expect(sync.snapshot().runningSinceMs).toBe(clock.nowMs());
  });

  it('counts what the watches bring', async () => {
    const sync = await start();
    putEndpoint('10.244.2.1');
    const { activity } = sync.snapshot();
    expect(activity).toEqual({
      lastChangeMs: clock.nowMs(),
      services: { received: 1, pending: 1 },
      endpointSlices: { received: 1, pending: 1 },
    });
    await clock.advance(0);
    expect(sync.snapshot().activity).toMatchObject({ services: { received: 1, pending: 0 } });
  });

  it('ends when it is told to, after what is under way', async () => {
    await start();
    abort.abort();
    await expect(running).resolves.toBeUndefined();
  });
});
