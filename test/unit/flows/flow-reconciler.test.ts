import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FlowCheckReport, FlowReconciler, type SyncEnd } from '../../../src/flows/flow-reconciler.ts';
import type { UdpFlow } from '../../../src/flows/flow-table.ts';
import type { ServiceRecord } from '../../../src/model/records.ts';
import { PlanFollower } from '../../builders/plan-follower.ts';
import { aCluster, type Cluster } from '../../builders/plans.ts';
import { anEndpoint, anEndpointPort, aService, aServicePort, aSlice, ip } from '../../builders/records.ts';
import { FakeClock, settle } from '../../fakes/fake-clock.ts';
import { FakeFlowTable, flowText } from '../../fakes/fake-flow-table.ts';

let table: FakeFlowTable;
let clock: FakeClock;
let follower: PlanFollower;
let reconciler: FlowReconciler<UdpFlow>;
let reports: FlowCheckReport[];
let failures: unknown[];
let end: AbortController;
let running: Promise<void>;

beforeEach(() => {
  table = new FakeFlowTable();
  clock = new FakeClock();
  follower = new PlanFollower();
  reports = [];
  failures = [];
  end = new AbortController();
  reconciler = new FlowReconciler({
    family: 'IPv4',
    openTable: table.open,
    observer: {
      onCheck: (report) => reports.push(report),
      onFailure: (_, error) => failures.push(error),
    },
    clock,
    random: () => 0,
  });
  running = reconciler.run(end.signal);
});

afterEach(async () => {
  end.abort();
  await clock.advance(1_000);
  await running;
  expect(table.openCount).toBe(0);
});

describe('after the first sync', () => {
  it('removes what is wrong and leaves what is right', async () => {
    table.add('10.96.0.10:53', '10.244.1.1:5353');
    table.add('10.96.0.10:53', '10.244.9.9:5353');
    table.add('192.0.2.11:53', '10.244.1.7:53');
    table.add('10.96.0.10:53');
    await sync(cluster({ dns: ['10.244.1.1'] }), { isComplete: true });
    expect(table.flows.map(flowText)).toEqual([
      '10.96.0.10:53 <- 10.244.1.1:5353',
      '192.0.2.11:53 <- 10.244.1.7:53',
    ]);
    expect(reports).toEqual([{ family: 'IPv4', elapsedMs: 0, listed: 4, removed: 2 }]);
  });

  it('does not ask the kernel when no Service has UDP', async () => {
    table.add('10.96.0.10:53', '10.244.9.9:5353');
    await sync(aCluster({ services: [aService()] }), { isComplete: true });
    expect(table.listings).toEqual([]);
  });
});

describe('after a change', () => {
  beforeEach(async () => {
    await sync(cluster({ dns: ['10.244.1.1', '10.244.1.2'], log: ['10.244.1.3'] }), { isComplete: true });
    table.listings.length = 0;
  });

  it('asks the kernel for the destinations that changed only', async () => {
    table.add('10.96.0.10:53', '10.244.1.1:5353');
    table.add('10.96.0.10:53', '10.244.1.2:5353');
    await sync(cluster({ dns: ['10.244.1.2'], log: ['10.244.1.3'] }));
    expect(table.listings).toEqual(['10.96.0.10:53']);
    expect(table.flows.map(flowText)).toEqual(['10.96.0.10:53 <- 10.244.1.2:5353']);
  });

  it('asks for all flows at once when many destinations changed', async () => {
    const names = Array.from({ length: 9 }, (_, i) => `many-${i}`);
    await sync(cluster(Object.fromEntries(names.map((name) => [name, ['10.244.1.1']]))));
    expect(table.listings).toEqual(['all']);
  });

  it('asks for nothing when no flow can have become wrong', async () => {
    await sync(cluster({ dns: ['10.244.1.1', '10.244.1.2', '10.244.1.5'], log: ['10.244.1.3'] }));
    expect(table.listings).toEqual([]);
  });

  it('removes the flows of a Service that is gone, once', async () => {
    table.add('10.96.0.10:53', '10.244.1.1:5353');
    await sync(cluster({ log: ['10.244.1.3'] }));
    expect(table.flows).toEqual([]);
    const ofSomebodyElse = table.add('10.96.0.10:53', '10.244.1.1:5353');
    await sync(cluster({ log: ['10.244.1.3'] }), { isComplete: true });
    expect(table.flows).toEqual([ofSomebodyElse]);
  });
});

describe('while a sync is under way', () => {
  it('judges no flow, and then by the plan that the sync leaves', async () => {
    table.add('10.96.0.10:53', '10.244.1.2:5353');
    table.onPart = () => reconciler.onSyncStart();
    await sync(cluster({ dns: ['10.244.1.1'] }));
    expect(table.listings).toEqual(['10.96.0.10:53']);
    expect(reports).toEqual([]);
    expect(table.flows).toHaveLength(1);
    reconciler.onCommit(follower.follow(cluster({ dns: ['10.244.1.1', '10.244.1.2'] })));
    endSync();
    await settle();
    expect(table.flows).toHaveLength(1);
    expect(reports).toMatchObject([{ removed: 0 }]);
  });

  it('judges no flow while the other family syncs', async () => {
    table.add('10.96.0.10:53', '10.244.9.9:5353');
    reconciler.onSyncStart();
    await sync(cluster({ dns: ['10.244.1.1'] }));
    expect(table.flows).toHaveLength(1);
    endSync({ family: 'IPv6', hasFailed: true });
    await settle();
    expect(table.flows).toEqual([]);
  });

  it('ends when it is told to, without judging', async () => {
    table.add('10.96.0.10:53', '10.244.9.9:5353');
    table.onPart = () => reconciler.onSyncStart();
    await sync(cluster({ dns: ['10.244.1.1'] }));
    end.abort();
    await running;
    expect(table.flows).toHaveLength(1);
  });
});

it('takes in a commit that is large without holding up the event loop, and judges no flow before', async () => {
  const names = Array.from({ length: 3_000 }, (_, i) => `many-${i}`);
  const change = follower.follow(cluster(Object.fromEntries(names.map((name) => [name, ['10.244.1.1']]))));
  table.add('10.96.11.183:53', '10.244.9.9:5353');
  reconciler.onSyncStart();
  reconciler.onCommit(change);
  endSync();
  expect(table.listings).toEqual([]);
  while (reports.length === 0) await settle();
  expect(reports).toMatchObject([{ listed: 1, removed: 1 }]);
});

it('judges no flow after a sync that failed, until one succeeds', async () => {
  table.add('10.96.0.10:53', '10.244.1.2:5353');
  reconciler.onSyncStart();
  reconciler.onCommit(follower.follow(cluster({ dns: ['10.244.1.1'] })));
  endSync({ hasFailed: true });
  await settle();
  expect(table.flows).toHaveLength(1);
  await sync(cluster({ dns: ['10.244.1.1', '10.244.1.2'] }));
  expect(table.flows).toHaveLength(1);
  expect(reports).toMatchObject([{ listed: 1, removed: 0 }]);
});

describe('when the kernel refuses', () => {
  beforeEach(() => {
    table.add('10.96.0.10:53', '10.244.9.9:5353');
    table.failure = new Error('EPERM');
  });

  it('tells so and tries again after a while', async () => {
    await sync(cluster({ dns: ['10.244.1.1'] }), { isComplete: true });
    expect(failures).toMatchObject([{ message: 'EPERM' }]);
    expect(table.flows).toHaveLength(1);
    await clock.advance(1_000);
    expect(table.flows).toEqual([]);
    expect(table.openCount).toBe(0);
  });

  it('keeps in mind what is gone until the removal succeeds', async () => {
    await sync(cluster({ dns: ['10.244.1.1'] }));
    await sync(cluster({}));
    await clock.advance(1_000);
    expect(table.flows).toEqual([]);
  });
});

it('checks the flows of its own family', async () => {
  table.add('fd00::a:53', 'fd00::1:53');
  await sync(cluster({ dns: ['10.244.1.1'] }), { isComplete: true });
  expect(reports).toMatchObject([{ listed: 0, removed: 0 }]);
});

/** What sync tells when it has taken the kernel to the cluster. */
async function sync(to: Cluster, { isComplete = false } = {}): Promise<void> {
  reconciler.onSyncStart();
  reconciler.onCommit(follower.follow(to));
  endSync({ isComplete });
  await settle();
}

function endSync(fields: Partial<SyncEnd> = {}): void {
  reconciler.onSyncEnd({ family: 'IPv4', hasFailed: false, isComplete: false, ...fields });
}

const CLUSTER_IPS: Readonly<Record<string, string>> = { dns: '10.96.0.10', log: '10.96.0.20' };

/** UDP Services with port 53 and their endpoints. */
function cluster(services: Readonly<Record<string, readonly string[]>>): Cluster {
  const names = Object.keys(services);
  return aCluster({
    services: names.map((name, i) => udpService(name, CLUSTER_IPS[name] ?? `10.96.${i >> 8}.${i & 255}`)),
    slices: names.map((serviceName) =>
      aSlice({
        serviceName,
        endpoints: (services[serviceName] ?? []).map((address) => anEndpoint({ ip: ip(address) })),
        ports: [anEndpointPort({ protocol: 'UDP', port: 5353 })],
      }),
    ),
  });
}

function udpService(name: string, clusterIp: string): ServiceRecord {
  return aService({
    name,
    clusterIps: [ip(clusterIp)],
    ports: [aServicePort({ protocol: 'UDP', port: 53 })],
  });
}
