// The demo as people start it: the built program, in each iptables variant, to its end and to Ctrl-C.
import { on, once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { DAEMON_FILE } from '../../../src/lab/paths.ts';

// A place of its own for temporary files, so that what the demo leaves is told from what others have.
const directory = mkdtempSync(join(tmpdir(), 'fairlead-demo-test-'));

afterAll(() => rmSync(directory, { recursive: true }));

describe('the demo', () => {
  it.each([
    ['--iptables', 'legacy'],
    ['--iptables', 'nft'],
    ['--mode', 'nftables'],
  ])('is right about everything with %s %s, in less than a minute', async (...flags) => {
    const { exitCode, stdout } = await demo(flags);
    expect(stdout).toContain('All of it was right.');
    expect(stdout).not.toContain('wrong');
    expect(exitCode).toBe(0);
  });

  it('ends at Ctrl-C in its middle, and leaves nothing', async () => {
    const child = demo([]);
    const prefix = await prefixAt(child, 'manifest is applied');
    child.kill('SIGINT');
    expect((await child).exitCode).toBe(130);
    expect(leftovers(prefix)).toEqual([]);
  });

  it('ends when nobody reads its output any more, and leaves nothing', async () => {
    const child = demo([]);
    const prefix = await prefixAt(child, 'manifest is applied');
    child.stdout.destroy();
    expect((await child).exitCode).toBe(130);
    expect(leftovers(prefix)).toEqual([]);
  });

  it('stays up with --keep until Ctrl-C, with an API server for kubectl', async () => {
    const child = demo(['--keep']);
    const prefix = await prefixAt(child, 'stays up until Ctrl-C');
    const kubeconfig = join(directory, readdirSync(directory)[0] ?? '', 'admin.kubeconfig');
    expect(await get(kubeconfig, '/api/v1/namespaces/default/services/web-public')).toContain('203.0.113.10');
    child.kill('SIGINT');
    expect((await child).exitCode).toBe(0);
    expect(leftovers(prefix)).toEqual([]);
  });
});

function demo(flags: readonly string[]) {
  return execa(process.execPath, [DAEMON_FILE, 'lab', 'demo', ...flags], {
    env: { TMPDIR: directory },
    reject: false,
    timeout: 60_000,
  });
}

/** The prefix of the lab's names, when the demo has printed the words. */
async function prefixAt(child: ReturnType<typeof demo>, words: string): Promise<string> {
  let printed = '';
  // Not the stream itself: to stop reading it would close it.
  for await (const [chunk] of on(child.stdout, 'data', { close: ['end'] })) {
    printed += chunk;
    if (printed.includes(words)) break;
  }
  const prefix = /^fairlead-[0-9a-f]+-/.exec(readdirSync(directory)[0] ?? '')?.[0];
  if (!prefix || leftovers(prefix).length < 10) throw new Error('the demo has no lab');
  return prefix;
}

/** What the API server of the kubeconfig answers, as kubectl would ask it. */
async function get(kubeconfig: string, path: string): Promise<string> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const [response] = await once(
    request(`${config.getCurrentCluster()?.server}${path}`, options).end(),
    'response',
  );
  return text(response);
}

function leftovers(prefix: string): string[] {
  const names = [...readdirSync('/run/netns'), ...readdirSync(directory)];
  return names.filter((name) => name.startsWith(prefix));
}
