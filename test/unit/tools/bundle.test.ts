import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../../tools/bundle.ts';

const TELL_MODULES = 'process.on("exit", () => console.log(process.moduleLoadList.join()))';

describe('the bundle', () => {
  let home = '';

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'fairlead-bundle-'));
    symlinkSync(resolve(import.meta.dirname, '../../../node_modules'), join(home, 'node_modules'));
    await bundle({ directory: join(home, 'dist'), isWithoutLab: true });
  });
  afterAll(() => rmSync(home, { recursive: true }));

  it('loads no undici with node:http, which takes memory and time to start', () => {
    const preload = ['--import', `data:text/javascript,${TELL_MODULES}`];
    const args = [...preload, join(home, 'dist/fairlead.js'), 'run', '--config', join(home, 'missing')];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stderr).toContain('cannot be used');
    expect(stdout).toContain('NativeModule https');
    expect(stdout).not.toContain('undici');
  });
});
