import { beforeEach, describe, expect, it } from 'vitest';
import type { ServicePortKey } from '../../../src/model/names.ts';
import type { ServiceRecord } from '../../../src/model/records.ts';
import type { FrontendConflict, PlanChange } from '../../../src/plan/plan.ts';
import { type SetAsideEntry, SYNC_STEPS, type SyncCause } from '../../../src/status/snapshot.ts';
import { FamilySync } from '../../../src/sync/family-sync.ts';
import { KernelMirror } from '../../../src/sync/kernel-mirror.ts';
import { ModelState } from '../../../src/sync/model-state.ts';
import { tellAll } from '../../../src/sync/observer.ts';
import { aPlanConfig } from '../../builders/plans.ts';
import { anEndpoint, aService, aSlice, ip } from '../../builders/records.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';
import { FakeDataplane } from '../../fakes/fake-dataplane.ts';

const key = (name: string, namespace = 'shop') => `${namespace}/${name}/TCP` as ServicePortKey;

let dataplane: FakeDataplane;
let clock: FakeClock;
let model: ModelState;
let family: FamilySync;
let commits: PlanChange[];
let setAside: SetAsideEntry[];
let conflicts: FrontendConflict[];

beforeEach(() => {
  dataplane = new FakeDataplane();
  clock = new FakeClock();
  model = new ModelState({ clock });
  commits = [];
  setAside = [];
  conflicts = [];
  family = new FamilySync({
    kernel: new KernelMirror(dataplane),
    model,
    settings: { config: aPlanConfig(), node: { name: 'node-1', bindIp: undefined } },
    clock,
    random: () => 0,
    observer: tellAll([
      {
        onCommit: (change) => commits.push(change),
        onSetAside: (entry) => setAside.push(entry),
        onConflict: (conflict) => conflicts.push(conflict),
      },
    ]),
  });
});

let nextAddress = 1;

/** A Service with an address and one endpoint of its own. */
function put(name: string, fields: Partial<ServiceRecord> = {}): void {
  const host = nextAddress++;
  const namespace = fields.namespace ?? 'shop';
  model.handleService({
    kind: 'put',
    record: aService({ namespace, name, clusterIps: [ip(`10.96.${host >> 8}.${host & 255}`)], ...fields }),
  });
  putEndpoint(name, `10.244.${host >> 8}.${host & 255}`, { namespace });
}

function putEndpoint(name: string, address: string, { namespace = 'shop', nodeName = 'node-2' } = {}): void {
  const endpoints = [anEndpoint({ ip: ip(address), nodeName })];
  model.handleEndpointSlice({
    kind: 'put',
    record: aSlice({ namespace, name: `${name}-slice`, serviceName: name, endpoints }),
  });
}

describe('the first sync', () => {
  it('programs everything and removes what an earlier proxy left', async () => {
    dataplane.kernel.set(key('gone'), 'x');
    put('a');
    put('b');
    const report = await family.sync('start');
    expect(report).toMatchObject({ outcome: 'committed', changes: 2, error: '' });
    expect([...dataplane.kernel.keys()].sort()).toEqual([key('a'), key('b')]);
    expect(dataplane.transactions).toHaveLength(1);
    expect(family.status()).toMatchObject({ isSynced: true, servicePorts: 2 });
  });

  it('removes it also where all was refused and each part is taken', async () => {
    dataplane.kernel.set(key('gone'), 'x');
    for (const name of ['a', 'b', 'c']) put(name);
    dataplane.nextFailures.push({ ok: false, error: 'too much', suspects: [key('a')], isTransient: false });
    expect(await family.sync('start')).toMatchObject({ outcome: 'committed', error: '' });
    expect([...dataplane.kernel.keys()].sort()).toEqual(['a', 'b', 'c'].map((name) => key(name)));
    expect(setAside).toEqual([]);
  });

  it('fails where that cannot be removed, whatever else was written', async () => {
    dataplane.kernel.set(key('gone'), 'x');
    for (const name of ['a', 'b']) put(name);
    const busy = { ok: false, error: 'busy', suspects: [], isTransient: false } as const;
    dataplane.onApply = () => {
      if (dataplane.transactions.at(-1)?.includes(key('gone'))) dataplane.nextFailures.push(busy);
    };
    expect(await family.sync('start')).toMatchObject({ outcome: 'failed', error: 'busy' });
    expect(family.status().isSynced).toBe(false);
    expect([...dataplane.kernel.keys()].sort()).toEqual([key('a'), key('b'), key('gone')]);
  });

  it('writes nothing when the kernel already has it all', async () => {
    put('a');
    await family.sync('start');
    dataplane.transactions.length = 0;
    expect(await family.sync('audit')).toMatchObject({ outcome: 'nothing-to-do', operations: 0 });
    expect(dataplane.transactions).toEqual([]);
  });

  it('tells how long the steps took that it made, and no others', async () => {
    put('a');
    const stepsOf = async (cause: SyncCause) => Object.keys((await family.sync(cause)).stepsMs).toSorted();
    expect(await stepsOf('start')).toEqual(SYNC_STEPS.toSorted());
    put('b');
    expect(await stepsOf('changes')).toEqual(['apply', 'commit', 'diff', 'plan', 'render']);
    expect(await stepsOf('audit')).toEqual(['commit', 'diff', 'plan', 'read', 'render']);
    dataplane.isReadable = false;
    const { stepsMs } = await family.sync('audit');
    expect(Object.keys(stepsMs)).toEqual(['plan', 'read']);
    expect(Object.values(stepsMs).every((ms) => ms >= 0)).toBe(true);
  });

  it('programs the API server, names and local endpoints first on a node without rules', async () => {
    put('remote');
    put('kubernetes', { namespace: 'default' });
    put('local');
    putEndpoint('local', '10.244.1.9', { nodeName: 'node-1' });
    await family.sync('start');
    expect(dataplane.transactions[0]?.toSorted()).toEqual([key('kubernetes', 'default'), key('local')]);
    expect(dataplane.kernel.size).toBe(3);
  });

  it('takes a node over in one transaction, so that nothing is missing meanwhile', async () => {
    dataplane.kernel.set(key('gone'), 'x');
    put('kubernetes', { namespace: 'default' });
    put('remote');
    await family.sync('start');
    expect(dataplane.transactions).toHaveLength(1);
  });

  it('fails with a reason, and succeeds later, when the kernel cannot be read', async () => {
    put('a');
    dataplane.isReadable = false;
    expect(await family.sync('start')).toMatchObject({
      outcome: 'failed',
      error: 'the kernel does not answer',
    });
    expect(family.status()).toMatchObject({ isSynced: false, failuresInRow: 1 });
    dataplane.isReadable = true;
    expect(await family.sync('start')).toMatchObject({ outcome: 'committed' });
    expect(family.status()).toMatchObject({ isSynced: true, failuresInRow: 0 });
  });
});

describe('the status', () => {
  it('says since when a change waits, until it is committed', async () => {
    await family.sync('start');
    expect(family.status().queuedSinceMs).toBeUndefined();
    const changedAtMs = clock.nowMs();
    put('a');
    clock.spend(1_000);
    put('b');
    expect(family.status().queuedSinceMs).toBe(changedAtMs);
    dataplane.nextFailures.push({ ok: false, error: 'locked', suspects: [], isTransient: true });
    await family.sync('changes');
    expect(family.status()).toMatchObject({ queuedSinceMs: changedAtMs, uncommittedServices: 2 });
    await family.sync('changes');
    expect(family.status()).toMatchObject({ queuedSinceMs: undefined, uncommittedServices: 0 });
    expect(family.status().lastGoodSyncMs).toBe(clock.nowMs());
  });

  it('does not wait for a change that was taken back', async () => {
    const record = aService();
    model.handleService({ kind: 'put', record });
    await family.sync('start');
    model.handleService({ kind: 'put', record: { ...record, affinitySeconds: 10 } });
    model.handleService({ kind: 'put', record });
    expect(family.status().queuedSinceMs).toBeUndefined();
  });
});

describe('a report', () => {
  it('counts what the kernel took and what it refused', async () => {
    put('good');
    put('bad');
    dataplane.refused.add(key('bad'));
    dataplane.namesSuspects = true;
    const report = await family.sync('changes');
    expect(report).toMatchObject({ outcome: 'committed', writes: 1, refusals: 2 });
  });

  it('carries trigger times over a failure to the sync that commits them', async () => {
    await family.sync('start');
    const triggerTimeMs = clock.nowMs() + 1;
    model.handleService({ kind: 'put', record: aService() });
    model.handleEndpointSlice({ kind: 'put', record: aSlice({ triggerTimeMs }) });
    dataplane.nextFailures.push({ ok: false, error: 'locked', suspects: [], isTransient: true });
    expect(await family.sync('changes')).toMatchObject({ outcome: 'failed', triggerTimesMs: [] });
    expect(await family.sync('changes')).toMatchObject({ triggerTimesMs: [triggerTimeMs] });
    expect(await family.sync('audit')).toMatchObject({ triggerTimesMs: [] });
  });
});

describe('later syncs', () => {
  beforeEach(async () => {
    put('a');
    put('b');
    await family.sync('start');
    dataplane.transactions.length = 0;
    dataplane.reads = 0;
  });

  it('write only what changed, and never read the kernel', async () => {
    putEndpoint('a', '10.244.9.9');
    expect(family.hasPendingChanges).toBe(true);
    expect(await family.sync('changes')).toMatchObject({ outcome: 'committed', changes: 1 });
    expect(dataplane.transactions).toEqual([[key('a')]]);
    expect(dataplane.kernel.get(key('a'))).toBe('10.244.9.9:8080');
    expect(dataplane.reads).toBe(0);
    expect(family.hasPendingChanges).toBe(false);
  });

  it('tell how long the oldest change waited', async () => {
    putEndpoint('a', '10.244.9.9');
    clock.spend(70);
    putEndpoint('b', '10.244.9.8');
    clock.spend(30);
    expect(await family.sync('changes')).toMatchObject({ lagMs: 100 });
  });

  it('remove a Service that is gone', async () => {
    model.handleService({ kind: 'delete', namespace: 'shop', name: 'a' });
    await family.sync('changes');
    expect([...dataplane.kernel.keys()]).toEqual([key('b')]);
  });

  it('keep what could not be committed for the next try', async () => {
    dataplane.nextFailures.push({ ok: false, error: 'lock held', suspects: [], isTransient: true });
    putEndpoint('a', '10.244.9.9');
    expect(await family.sync('changes')).toMatchObject({ outcome: 'failed', error: 'lock held' });
    expect(family.hasPendingChanges).toBe(true);
    expect(await family.sync('changes')).toMatchObject({ outcome: 'committed' });
    expect(dataplane.kernel.get(key('a'))).toBe('10.244.9.9:8080');
  });

  it('read the kernel again after a refusal, because tables commit one by one', async () => {
    dataplane.nextFailures.push({ ok: false, error: 'lock held', suspects: [], isTransient: true });
    putEndpoint('a', '10.244.9.9');
    await family.sync('changes');
    await family.sync('changes');
    expect(dataplane.reads).toBe(1);
  });

  it('tell what was committed, and nothing of what was refused', async () => {
    commits.length = 0;
    putEndpoint('a', '10.244.9.9');
    dataplane.nextFailures.push({ ok: false, error: 'lock held', suspects: [], isTransient: true });
    await family.sync('changes');
    expect(commits).toEqual([]);
    dataplane.refused.add(key('bad'));
    put('bad');
    await family.sync('changes');
    const committed = commits.flatMap(({ services }) => [...services.keys()]);
    expect(new Set(committed)).toEqual(new Set([key('a')]));
  });

  it('report a conflict once, to the loser', async () => {
    put('late', { externalIps: [ip('198.51.100.7')], createdAt: 1_800_000_000 });
    put('later', { externalIps: [ip('198.51.100.7')], createdAt: 1_900_000_000 });
    await family.sync('changes');
    expect(conflicts.map(({ loser, winner }) => [loser, winner])).toEqual([[key('later'), key('late')]]);
    putEndpoint('later', '10.244.9.9');
    await family.sync('changes');
    expect(conflicts).toHaveLength(1);
  });

  it('put right what others changed, and count it', async () => {
    dataplane.kernel.delete(key('a'));
    expect(await family.isUntouched()).toBe(false);
    expect(await family.sync('tampering')).toMatchObject({ outcome: 'committed', changes: 0 });
    expect([...dataplane.kernel.keys()].sort()).toEqual([key('a'), key('b')]);
    expect(family.status().repairs).toBe(1);
    expect(await family.isUntouched()).toBe(true);
  });
});

describe('a Service that the kernel refuses', () => {
  it('is set aside while the others are programmed, at the start too', async () => {
    dataplane.refused.add(key('bad'));
    dataplane.kernel.set(key('gone'), 'x');
    put('bad');
    put('good');
    expect(await family.sync('start')).toMatchObject({ outcome: 'committed' });
    expect([...dataplane.kernel.keys()]).toEqual([key('good')]);
    expect(setAside).toMatchObject([{ key: key('bad'), reason: 'refused', failures: 1 }]);
    expect(family.status()).toMatchObject({ isSynced: true, setAside: [{ key: key('bad') }] });
  });

  it('keeps the rules that it had', async () => {
    put('a');
    await family.sync('start');
    const before = dataplane.kernel.get(key('a'));
    dataplane.refused.add(key('a'));
    putEndpoint('a', '10.244.9.9');
    await family.sync('changes');
    expect(dataplane.kernel.get(key('a'))).toBe(before);
  });

  it('is left alone until its time has come, however busy the others are', async () => {
    dataplane.refused.add(key('bad'));
    put('bad');
    put('good');
    await family.sync('start');
    dataplane.transactions.length = 0;
    putEndpoint('good', '10.244.9.9');
    await family.sync('changes');
    expect(dataplane.transactions).toEqual([[key('good')]]);

    clock.spend(5_000);
    dataplane.refused.clear();
    await family.sync('changes');
    expect(dataplane.kernel.has(key('bad'))).toBe(true);
    expect(family.setAside.size).toBe(0);
  });

  it('is tried again at its next change', async () => {
    dataplane.refused.add(key('bad'));
    put('bad');
    await family.sync('start');
    dataplane.refused.clear();
    putEndpoint('bad', '10.244.9.9');
    await family.sync('changes');
    expect(dataplane.kernel.get(key('bad'))).toBe('10.244.9.9:8080');
    expect(family.setAside.size).toBe(0);
  });

  it('does not hinder others from taking an address over, even when the refusal names nobody', async () => {
    put('younger', { externalIps: [ip('198.51.100.7')], createdAt: 1_900_000_000 });
    await family.sync('start');
    dataplane.refused.add(key('bad'));
    dataplane.namesSuspects = false;
    put('bad');
    put('older', { externalIps: [ip('198.51.100.7')], createdAt: 1_800_000_000 });
    await family.sync('changes');
    expect(dataplane.kernel.get(key('younger'))).toContain('without 198.51.100.7');
    expect([...family.setAside.keys()]).toEqual([key('bad')]);
  });

  it('is forgotten when it is deleted', async () => {
    dataplane.refused.add(key('bad'));
    put('bad');
    await family.sync('start');
    model.handleService({ kind: 'delete', namespace: 'shop', name: 'bad' });
    await family.sync('changes');
    expect(family.setAside.size).toBe(0);
  });

  it('stays set aside through an audit', async () => {
    dataplane.refused.add(key('bad'));
    put('bad');
    put('good');
    await family.sync('start');
    await family.sync('audit');
    expect([...family.setAside.keys()]).toEqual([key('bad')]);
  });
});
