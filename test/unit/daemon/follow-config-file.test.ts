import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ConfigSource, loadConfig } from '../../../src/config/load-config.ts';
import { followConfigFile } from '../../../src/daemon/follow-config-file.ts';
import { createLife } from '../../../src/daemon/restart.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

const HEAD = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
/** By then the file is read again, whether its watch said something or not. */
const REREAD_MS = 10_000;

let directory: string;
let stop: AbortController;
beforeEach(() => {
  stop = new AbortController();
  directory = mkdtempSync(join(tmpdir(), 'fairlead-follow-'));
});
afterEach(() => {
  stop.abort();
  rmSync(directory, { recursive: true });
});

function following(text: string, flags: ConfigSource['flags'] = new Map()) {
  const file = join(directory, 'config.conf');
  writeFileSync(file, HEAD + text);
  const clock = new FakeClock();
  const lines: unknown[][] = [];
  const line = (...args: unknown[]) => void lines.push(args);
  const log = { info: line, warn: line, error: line };
  const life = createLife(stop.signal, log);
  const source = { file, flags };
  followConfigFile({ source, running: loadConfig(source), clock, log, ...life });
  const write = async (content: string) => {
    writeFileSync(file, content);
    await clock.advance(REREAD_MS);
  };
  return { life, lines, file, write };
}

describe('followConfigFile', () => {
  it('asks for a restart and says which fields changed', async () => {
    const { life, lines, file, write } = following('oomScoreAdj: 1');
    expect(life.signal.aborted).toBe(false);
    await write(`${HEAD}oomScoreAdj: 2`);
    expect(life.wantsRestart()).toBe(true);
    expect(life.signal.aborted).toBe(true);
    expect(lines).toEqual([
      [
        { file, changes: ['oomScoreAdj: 1 -> 2'] },
        'the configuration file changed: ending, to be started again',
      ],
    ]);
  });

  it('does nothing when no field changed, or only one that a flag decides', async () => {
    const { life, lines, write } = following('logging: {verbosity: 1}', new Map([['v', ['4']]]));
    await write(`# comment\n${HEAD}logging: {verbosity: 2}`);
    expect(lines).toEqual([]);
    expect(life.signal.aborted).toBe(false);
  });

  it('goes on, and says what is wrong, when the new file cannot be used', async () => {
    const { life, lines, write } = following('oomScoreAdj: 1');
    await write(`${HEAD}oomScoreAdj: high`);
    expect(lines).toMatchObject([
      [
        { err: { message: expect.stringContaining("oomScoreAdj is 'high'") } },
        'the changed configuration file cannot be used, going on as before',
      ],
    ]);
    await write(`${HEAD}oomScoreAdj: 1`);
    expect(life.signal.aborted).toBe(false);
  });
});
