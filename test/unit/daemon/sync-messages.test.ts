import { beforeEach, describe, expect, it } from 'vitest';
import { createSyncMessages, type SyncMessages } from '../../../src/daemon/sync-messages.ts';
import type { EventNote } from '../../../src/kube/event-object.ts';
import type { ObjectKey, ServicePortKey } from '../../../src/model/names.ts';
import { ip } from '../../builders/records.ts';
import { aFamilyStatus, aReport } from '../../builders/status.ts';

let lines: { level: string; message: string; fields: Record<string, unknown> }[];
let events: EventNote[];
let messages: SyncMessages;

beforeEach(() => {
  lines = [];
  events = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields: { ...fields } });
  };
  messages = createSyncMessages({
    nodeName: 'node-1',
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } as never,
    record: (note) => events.push(note),
  });
});

const report = aReport();
const status = aFamilyStatus({ lastSync: report });

describe('sync messages', () => {
  it('say of each sync how long it took and what it wrote', () => {
    messages.onSync(report, status);
    expect(lines).toMatchObject([
      {
        level: 'info',
        message: 'syncProxyRules complete',
        fields: { family: 'IPv4', cause: 'changes', elapsedMs: 12, lagMs: 15, changes: 1, operations: 2 },
      },
    ]);
  });

  it('are quiet about changes that concern the other family only', () => {
    messages.onSync({ ...report, outcome: 'nothing-to-do' }, status);
    messages.onSync({ ...report, outcome: 'nothing-to-do', cause: 'start' }, status);
    expect(lines.map(({ level }) => level)).toEqual(['debug', 'info']);
  });

  it('say why a sync failed', () => {
    messages.onSync({ ...report, outcome: 'failed', error: 'lock held' }, status);
    expect(lines).toMatchObject([
      { level: 'error', message: 'syncProxyRules failed, will retry', fields: { error: 'lock held' } },
    ]);
  });

  it('warn when rules were repaired, and ask for a kube-proxy once that goes on', () => {
    for (const repairs of [1, 2, 3, 4])
      messages.onSync({ ...report, cause: 'tampering' }, { ...status, repairs });
    const warnings = lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warnings.filter((message) => message.includes('repaired'))).toHaveLength(4);
    expect(warnings.filter((message) => message.includes('kube-proxy'))).toHaveLength(1);
  });

  it('name the program that changed the rules, on the Node too', () => {
    messages.onTampering({ family: 'IPv6', by: { pid: 4711, name: 'nft' } });
    messages.onTampering({ family: 'IPv6', by: undefined });
    expect(lines).toMatchObject([
      { level: 'warn', fields: { family: 'IPv6', by: { pid: 4711, name: 'nft' } } },
      { level: 'warn', fields: { family: 'IPv6' } },
    ]);
    expect(events).toEqual([
      {
        regarding: { kind: 'Node', namespace: '', name: 'node-1' },
        type: 'Warning',
        reason: 'ServiceRulesChanged',
        action: 'SyncProxyRules',
        note: 'nft changed the IPv6 rules of the service proxy on this node: they are put right',
      },
      expect.objectContaining({
        note: 'somebody changed the IPv6 rules of the service proxy on this node: they are put right',
      }),
    ]);
  });

  it('tell the owner of a Service that it was set aside', () => {
    const key = 'shop/web:http/TCP' as ServicePortKey;
    messages.onSetAside({ key, reason: 'bad line', sinceMs: 0, failures: 1, nextTryMs: 5_000 });
    expect(events).toEqual([
      {
        regarding: { kind: 'Service', namespace: 'shop', name: 'web' },
        type: 'Warning',
        reason: 'FailedToProgramService',
        action: 'SyncProxyRules',
        note: 'shop/web:http (TCP) is not programmed on this node, the kernel refused its rules: bad line',
      },
    ]);
  });

  it('tell the loser of a conflict who has the address', () => {
    messages.onConflict({
      frontend: { kind: 'ExternalIP', ip: ip('198.51.100.7'), protocol: 'TCP', port: 80, lostTo: undefined },
      loser: 'shop/b/TCP' as ServicePortKey,
      winner: 'shop/a/TCP' as ServicePortKey,
      service: 'shop/b' as ObjectKey,
    });
    expect(events).toMatchObject([
      {
        regarding: { name: 'b' },
        reason: 'FrontendConflict',
        note: 'shop/b (TCP) does not get ExternalIP 198.51.100.7:80/TCP: shop/a (TCP) has it',
      },
    ]);
  });
});
