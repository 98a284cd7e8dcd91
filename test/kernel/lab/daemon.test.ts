// The daemon as a child process, with a program of three lines in its place.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Daemon } from '../../../src/lab/daemon.ts';
import { Lab } from '../../../src/lab/lab.ts';

/** Logs what it was started with, and something that is no JSON; stays until it is told to end. */
const PROGRAM = `
const line = (fields) => console.log(JSON.stringify({ level: 30, time: Date.now(), ...fields }));
line({ msg: 'started', args: process.argv.slice(1), lock: process.env.XTABLES_LOCKFILE, extra: process.env.EXTRA });
console.error('no JSON at all');
process.on('SIGTERM', () => { line({ msg: 'ending' }); process.exit(7); });
setInterval(() => line({ msg: 'tick' }), 10);
`;

describe('a daemon on a node', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await Lab.start({ nodes: [{ name: 'node-1' }, { name: 'node-2' }] });
  });

  afterAll(() => lab.close());

  it('gets a configuration of its own, in a namespace and with an iptables lock of its own', async () => {
    const daemons = ['node-1', 'node-2'].map((name) => start(name));
    const started = await Promise.all(
      daemons.map((daemon) => daemon.waitFor(({ msg }) => msg === 'started')),
    );
    const configs = started.map(({ args }) =>
      JSON.parse(readFileSync((args as string[]).at(-1) ?? '', 'utf8')),
    );
    expect(configs.map(({ hostnameOverride }) => hostnameOverride)).toEqual(['node-1', 'node-2']);
    expect(configs[0]).toMatchObject({
      mode: 'iptables',
      clientConnection: { kubeconfig: 'K' },
      minSyncPeriod: '1s',
    });
    expect(new Set(started.map(({ lock }) => lock)).size).toBe(2);
    expect(started[0]?.['extra']).toBe('E');
    const { stdout } = await lab.node('node-1').exec('ip', ['netns', 'identify', `${daemons[0]?.pid}`]);
    expect(stdout.trim()).toBe(lab.node('node-1').netns);
    await Promise.all(daemons.map((daemon) => daemon.kill()));
  });

  it('tells its events as they come, and its end', async () => {
    const daemon = start('node-1');
    await daemon.waitFor(({ msg }) => msg === 'tick');
    await daemon.waitFor(({ msg }) => msg === 'tick', { since: daemon.events.length });
    expect(await daemon.stop()).toBe(7);
    expect(daemon.events.at(-1)?.msg).toBe('ending');
    expect(daemon.otherLines).toEqual(['no JSON at all']);
  });

  it('shows its last words to who waits in vain', async () => {
    const daemon = start('node-1');
    const never = daemon.waitFor(({ msg }) => msg === 'never');
    await daemon.waitFor(({ msg }) => msg === 'tick');
    await daemon.kill();
    await expect(never).rejects.toThrow(/node-1: the daemon has ended \(SIGKILL\)\n(.*\n)*no JSON at all/);
    await expect(daemon.waitFor(({ msg }) => msg === 'never', { timeoutMs: 10 })).rejects.toThrow('node-1');
  });

  function start(nodeName: string): Daemon {
    return new Daemon(lab, nodeName, {
      kubeconfig: 'K',
      config: { minSyncPeriod: '1s' },
      env: { EXTRA: 'E' },
      command: [process.execPath, '-e', PROGRAM, '--'],
    });
  }
});
