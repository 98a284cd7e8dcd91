// What is done to a node while traffic runs, and must cost no connection.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Daemon } from '../../../src/lab/daemon.ts';
import { CONNECT_TIMEOUT_MS, type Traffic } from './traffic.ts';

/** How long each program's rules serve before the next one comes, at least. */
const SERVE_MS = 500;
const INTERRUPTED_MS = 300;

/** Lets what comes serve for a while, and sees that there was traffic all the time and no error. */
export async function underLoad<T>(traffic: Traffic, what: string, act: () => Promise<T>): Promise<T> {
  const before = await traffic.report();
  const result = await act();
  await sleep(SERVE_MS);
  const { connections, echoes, errors } = await traffic.report();
  const during = { connections: connections - before.connections, echoes: echoes - before.echoes, errors };
  console.log(`${what},`, during);
  expect(errors, what).toEqual({});
  expect(Math.min(during.connections, during.echoes), what).toBeGreaterThan(50);
  return result;
}

/** As a DaemonSet without surge does it: the old pod ends before the new one starts. */
export async function replace<T>(old: Daemon, start: () => Promise<T>): Promise<T> {
  expect(await old.stop()).toBe(0);
  return start();
}

/** Ends the traffic: it has had no error until now, and has some once packets find no rules for a while. */
export async function expectNoticed(
  traffic: Traffic,
  what: string,
  interrupt: (forMs: number) => Promise<void>,
): Promise<void> {
  await sleep(CONNECT_TIMEOUT_MS);
  expect((await traffic.report()).errors, what).toEqual({});
  await interrupt(INTERRUPTED_MS);
  const { errors } = await traffic.stop();
  console.log(`${what}: the same traffic without rules for ${INTERRUPTED_MS} ms,`, errors);
  expect(Object.keys(errors), what).not.toEqual([]);
}
