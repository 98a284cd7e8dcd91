// The node lock between real processes in one network namespace.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { describeNodeLock, type LockContender } from '../../contract/node-lock-contract.ts';
import { createScratchNetns } from './scratch-netns.ts';

const PROGRAM = join(import.meta.dirname, 'programs/contend-for-node-lock.ts');
/** Of the child that contend-for-node-lock.ts starts. */
const CHILD_LIFE_MS = 1_000;
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function startContender(netns: string): LockContender & { readonly process: ChildProcess } {
  // `ip netns exec` becomes the program, so signals reach it.
  const child = spawn('ip', ['netns', 'exec', netns, process.execPath, PROGRAM], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const waits = Promise.withResolvers<void>();
  const holds = Promise.withResolvers<boolean>();
  createInterface(child.stdout).on('line', (line) => {
    if (line === 'waits') waits.resolve();
    else holds.resolve(line === 'holds');
  });
  return {
    process: child,
    waits: waits.promise,
    holds: holds.promise,
    giveUp: () => child.stdin.write('give up\n'),
    release: () => child.stdin.write('release\n'),
  };
}

describeNodeLock('the kernel', () => {
  const netns = createScratchNetns();
  return () => startContender(netns);
});

describe('the node lock', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('passes on when its holder dies of %s', async (signal) => {
    const netns = createScratchNetns();
    const holder = startContender(netns);
    await holder.holds;
    const next = startContender(netns);
    await next.waits;
    holder.process.kill(signal);
    expect(await next.holds).toBe(true);
  });

  it('is held by the child of a killed holder until the child ends', async () => {
    const netns = createScratchNetns();
    const holder = startContender(netns);
    await holder.holds;
    holder.process.stdin?.write('give to a child\n');
    const next = startContender(netns);
    await next.waits;
    const diedAt = performance.now();
    holder.process.kill('SIGKILL');
    expect(await next.holds).toBe(true);
    expect(performance.now() - diedAt).toBeGreaterThan(CHILD_LIFE_MS / 2);
  });

  it('keeps no process alive', async () => {
    const holder = startContender(createScratchNetns());
    await holder.holds;
    holder.process.stdin?.end();
    expect(await new Promise((resolve) => holder.process.once('exit', resolve))).toBe(0);
  });
});
