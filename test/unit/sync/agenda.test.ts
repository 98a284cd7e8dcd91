import { describe, expect, it } from 'vitest';
import { type Agenda, nextTask } from '../../../src/sync/agenda.ts';

const quiet: Agenda = {
  fullSyncCause: undefined,
  hasPendingChanges: false,
  syncNotBeforeMs: 500,
  retryAtMs: undefined,
  probeAtMs: 2_000,
  auditAtMs: 10_000,
};

describe('nextTask', () => {
  it.each<[string, Partial<Agenda>, number, unknown]>([
    ['waits for the next probe when nothing is to do', {}, 1_000, { kind: 'wait', untilMs: 2_000 }],
    [
      'syncs pending changes at once after a quiet time',
      { hasPendingChanges: true },
      1_000,
      { kind: 'sync-changes' },
    ],
    ['spaces syncs', { hasPendingChanges: true }, 400, { kind: 'wait', untilMs: 500 }],
    [
      'tries a set-aside Service again when its time has come',
      { retryAtMs: 900 },
      1_000,
      { kind: 'sync-changes' },
    ],
    ['waits until then', { retryAtMs: 1_100 }, 1_000, { kind: 'wait', untilMs: 1_100 }],
    ['keeps retries spaced too', { retryAtMs: 100 }, 400, { kind: 'wait', untilMs: 500 }],
    ['probes', {}, 2_000, { kind: 'probe' }],
    ['probes before it audits', {}, 10_000, { kind: 'probe' }],
    ['audits', { probeAtMs: 10_500 }, 10_000, { kind: 'sync-all', cause: 'audit' }],
    [
      'compares everything when asked, changes included',
      { fullSyncCause: 'tampering', hasPendingChanges: true },
      1_000,
      { kind: 'sync-all', cause: 'tampering' },
    ],
    ['spaces full syncs as well', { fullSyncCause: 'start' }, 400, { kind: 'wait', untilMs: 500 }],
  ])('%s', (_, agenda, nowMs, task) => {
    expect(nextTask({ ...quiet, ...agenda }, nowMs)).toEqual(task);
  });
});
