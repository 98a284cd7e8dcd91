import { describe, expect, it } from 'vitest';
import { NodeGuard } from '../../../src/daemon/node-guard.ts';
import type { Cidr, Ip } from '../../../src/model/ip.ts';
import type { NodeRecord } from '../../../src/model/records.ts';
import { FakeClock, settle } from '../../fakes/fake-clock.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

interface NodeFields {
  readonly ips?: readonly string[];
  readonly podCidrs?: readonly string[];
  readonly zone?: string;
}

function node({ ips = ['192.0.2.1'], podCidrs = [], zone = '' }: NodeFields = {}): NodeRecord {
  return {
    uid: '1',
    resourceVersion: '1',
    generation: 0,
    name: 'node-1',
    zone,
    internalIps: ips as readonly Ip[],
    externalIps: [],
    podCidrs: podCidrs as readonly Cidr[],
    taintKeys: [],
    isDeleting: false,
  };
}

function guarding({ needsPodCidrs = false } = {}) {
  const clock = new FakeClock();
  const restarts: { readonly reason: string; readonly fields: object }[] = [];
  const warnings: string[] = [];
  const guard = new NodeGuard({
    nodeName: 'node-1',
    needsPodCidrs,
    clock,
    log: { warn: (_: unknown, message?: string) => warnings.push(message ?? '') },
    restart: (reason, fields) => restarts.push({ reason, fields }),
  });
  const stop = new AbortController();
  let end = 'waiting';
  const ready = () =>
    guard.ready(stop.signal).then(
      () => (end = 'ready'),
      (error: unknown) => (end = String(error)),
    );
  return { guard, clock, restarts, warnings, stop, ready: () => void ready(), end: () => end };
}

describe('waiting for the Node', () => {
  it('ends at once when it has IPs', async () => {
    const { guard, ready, end, clock } = guarding();
    guard.handle(node());
    ready();
    await settle();
    expect(end()).toBe('ready');
    expect(clock.pending).toBe(0);
  });

  it('ends when it gets IPs', async () => {
    const { guard, ready, end, clock, warnings } = guarding();
    ready();
    guard.handle(node({ ips: [] }));
    await clock.advance(29 * SECOND_MS);
    expect(end()).toBe('waiting');
    guard.handle(node());
    await settle();
    expect(end()).toBe('ready');
    expect(warnings).toEqual([]);
  });

  it('goes on without IPs after 30 seconds, with a warning', async () => {
    const { ready, end, clock, warnings } = guarding();
    ready();
    await clock.advance(30 * SECOND_MS);
    expect(end()).toBe('ready');
    expect(warnings).toEqual(['the Node has no IPs, or does not exist: going on without them']);
  });

  it.each([
    [node(), 'Error: timeout waiting for the podCIDRs of node node-1, which detectLocalMode NodeCIDR needs'],
    [undefined, 'Error: timeout waiting for node node-1 to exist'],
  ])('fails after five minutes when podCIDRs are needed and missing', async (state, message) => {
    const { guard, ready, end, clock } = guarding({ needsPodCidrs: true });
    guard.handle(state);
    ready();
    await clock.advance(4 * MINUTE_MS);
    expect(end()).toBe('waiting');
    await clock.advance(2 * MINUTE_MS);
    expect(end()).toBe(message);
  });

  it('ends when podCIDRs arrive', async () => {
    const { guard, ready, end, clock } = guarding({ needsPodCidrs: true });
    guard.handle(node());
    ready();
    await clock.advance(MINUTE_MS);
    guard.handle(node({ podCidrs: ['10.244.1.0/24'] }));
    await settle();
    expect(end()).toBe('ready');
  });

  it('ends early, without a warning, when the daemon ends', async () => {
    const { ready, end, stop, warnings } = guarding({ needsPodCidrs: true });
    ready();
    stop.abort();
    await settle();
    expect(end()).toBe('ready');
    expect(warnings).toEqual([]);
  });
});

describe('a restart', () => {
  it.each<[string, NodeFields, NodeFields]>([
    ["the Node's IPs changed", {}, { ips: ['192.0.2.2'] }],
    ["the Node's IPs changed", { ips: ['192.0.2.1', 'fd00::1'] }, { ips: ['fd00::1', '192.0.2.1'] }],
    ["the Node's podCIDRs changed", { podCidrs: ['10.0.0.0/24'] }, { podCidrs: ['10.0.1.0/24'] }],
  ])('is asked for when %s', (reason, before, after) => {
    const { guard, restarts } = guarding({ needsPodCidrs: true });
    guard.handle(node(before));
    guard.handle(node(after));
    expect(restarts).toMatchObject([{ reason, fields: { node: 'node-1' } }]);
  });

  it('is asked for when the Node is deleted, and not while it has never been there', () => {
    const { guard, restarts } = guarding();
    guard.handle(undefined);
    expect(restarts).toEqual([]);
    guard.handle(node());
    guard.handle(undefined);
    expect(restarts).toEqual([{ reason: 'the Node was deleted', fields: { node: 'node-1' } }]);
  });

  it.each<[string, NodeFields, NodeFields]>([
    ['the zone changes', {}, { zone: 'zone-b' }],
    ['IPs appear', { ips: [] }, {}],
    ['another address than the first of a family changes', { ips: ['192.0.2.1', '192.0.2.2'] }, {}],
    ['podCIDRs appear', {}, { podCidrs: ['10.0.0.0/24'] }],
  ])('is not asked for when %s', (_, before, after) => {
    const { guard, restarts } = guarding({ needsPodCidrs: true });
    guard.handle(node(before));
    guard.handle(node(after));
    expect(restarts).toEqual([]);
  });

  it('is not asked for when podCIDRs change that are not used', () => {
    const { guard, restarts } = guarding();
    guard.handle(node({ podCidrs: ['10.0.0.0/24'] }));
    guard.handle(node({ podCidrs: ['10.0.1.0/24'] }));
    expect(restarts).toEqual([]);
  });

  it('compares with what was there before a gap', () => {
    const { guard, restarts } = guarding();
    guard.handle(node());
    guard.handle(node({ ips: [] }));
    guard.handle(node());
    expect(restarts).toEqual([]);
    guard.handle(node({ ips: [] }));
    guard.handle(node({ ips: ['192.0.2.2'] }));
    expect(restarts).toHaveLength(1);
  });
});
