import { describe, expect, it } from 'vitest';
import { createOtherMode, type Removal } from '../../../src/daemon/other-mode.ts';
import type { IpFamily } from '../../../src/model/ip.ts';
import { aFamilyStatus, aReport } from '../../builders/status.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

const NOTHING: Removal = { removed: { chains: 0, sets: 0 }, problems: [] };
const HELD: Removal = { removed: { chains: 0 }, problems: ['lock held'] };

/** Runs on a node of both families; answers come one after the other, the last one again and again. */
function start(...answers: readonly Removal[]) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const abort = new AbortController();
  let removals = 0;
  const at = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${JSON.stringify(fields)} ${message}`);
  };
  const otherMode = createOtherMode({
    families: ['IPv4', 'IPv6'],
    remove: async () => answers[Math.min(removals++, answers.length - 1)] ?? NOTHING,
    clock,
    log: { notice: at('notice'), warn: at('warn') } as never,
  });
  const running = otherMode.run(abort.signal);
  const sync = (family: IpFamily, isSynced = true) =>
    otherMode.onSync(aReport({ family }), aFamilyStatus({ family, isSynced }));
  return { clock, lines, abort, running, sync, removals: () => removals };
}

describe('what the other mode left', () => {
  it('stays until every family has its rules', async () => {
    const { clock, sync, removals, running } = start(NOTHING);
    sync('IPv4');
    sync('IPv6', false);
    await clock.advance(0);
    expect(removals()).toBe(0);
    sync('IPv6');
    await clock.advance(1_000);
    await running;
    expect(removals()).toBe(1);
  });

  it('is looked for once, and told of when something was there', async () => {
    const { clock, sync, removals, lines, running } = start({ removed: { chains: 3 }, problems: [] });
    for (let i = 0; i < 3; i++) for (const family of ['IPv4', 'IPv6'] as const) sync(family);
    await clock.advance(1_000);
    await running;
    await clock.advance(10 * 60_000);
    expect(removals()).toBe(1);
    expect(lines).toEqual(['notice {"chains":3} removed what the other mode left on the node']);
  });

  it('is no news where there was nothing', async () => {
    const { clock, sync, lines, running } = start(NOTHING);
    sync('IPv4');
    sync('IPv6');
    await clock.advance(1_000);
    await running;
    expect(lines).toEqual([]);
  });

  it('is tried again after a problem, and not for ever', async () => {
    const { clock, sync, removals, lines } = start(HELD);
    sync('IPv4');
    sync('IPv6');
    await clock.advance(60 * 60_000);
    expect(removals()).toBe(5);
    expect(lines[0]).toBe('warn {"problem":"lock held"} something of the other mode is still there');
  });

  it('is left alone once a try went well', async () => {
    const { clock, sync, removals, running } = start(HELD, NOTHING);
    sync('IPv4');
    sync('IPv6');
    await clock.advance(60 * 60_000);
    await running;
    expect(removals()).toBe(2);
  });

  it('does not keep the daemon when it ends while a removal takes long', async () => {
    const abort = new AbortController();
    const otherMode = createOtherMode({
      families: ['IPv4'],
      remove: () => new Promise(() => {}),
      clock: new FakeClock(),
      log: {} as never,
    });
    const running = otherMode.run(abort.signal);
    otherMode.onSync(aReport(), aFamilyStatus());
    abort.abort();
    await expect(running).resolves.toBeUndefined();
  });

  it.each(['before', 'after'])('does not keep the daemon when it ends %s the first sync', async (when) => {
    const { clock, abort, sync, running } = start(HELD);
    if (when === 'after') {
      sync('IPv4');
      sync('IPv6');
    }
    await clock.advance(0);
    abort.abort();
    await expect(running).resolves.toBeUndefined();
  });
});
