// On the real file system: every way in which a ConfigMap volume, an editor or a script changes a file.
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watchFile } from '../../../src/config/watch-file.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

let directory: string;
let stop: AbortController;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-watch-'));
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  rmSync(directory, { recursive: true });
});

/** Everything that was noticed, and a promise of the next. */
function watching(file: string, clock = systemClock) {
  const contents: string[] = [];
  const errors: unknown[] = [];
  let next = Promise.withResolvers<string>();
  watchFile({
    file,
    clock,
    signal: stop.signal,
    onContent: (text) => {
      contents.push(text);
      next.resolve(text);
      next = Promise.withResolvers();
    },
    onError: (error) => errors.push(error),
  });
  return { contents, errors, next: () => next.promise };
}

/** As kubelet's AtomicWriter: a new directory, and one rename of the link that leads to it. */
function publish(volume: string, version: string, text: string): void {
  mkdirSync(join(volume, version));
  writeFileSync(join(volume, version, 'config.conf'), text);
  symlinkSync(version, join(volume, '..data_tmp'));
  renameSync(join(volume, '..data_tmp'), join(volume, '..data'));
}

describe('watchFile', () => {
  it('gives the content at the start', () => {
    const file = join(directory, 'config.conf');
    writeFileSync(file, 'one');
    expect(watching(file).contents).toEqual(['one']);
  });

  it('notices the swapped link of a ConfigMap volume', async () => {
    publish(directory, '..2026_1', 'one');
    const file = join(directory, 'config.conf');
    symlinkSync('..data/config.conf', file);
    const { contents, next } = watching(file);
    publish(directory, '..2026_2', 'two');
    rmSync(join(directory, '..2026_1'), { recursive: true });
    expect(await next()).toBe('two');
    publish(directory, '..2026_3', 'three');
    expect(await next()).toBe('three');
    expect(contents).toEqual(['one', 'two', 'three']);
  });

  it.each<[string, (file: string) => void]>([
    ['is written in place', (file) => writeFileSync(file, 'two')],
    [
      'is renamed over',
      (file) => {
        writeFileSync(`${file}.new`, 'two');
        renameSync(`${file}.new`, file);
      },
    ],
    [
      'is removed and made again',
      (file) => {
        unlinkSync(file);
        writeFileSync(file, 'two');
      },
    ],
  ])('notices a file that %s', async (_, change) => {
    const file = join(directory, 'config.conf');
    writeFileSync(file, 'one');
    const { contents, next } = watching(file);
    change(file);
    expect(await next()).toBe('two');
    expect(contents).toEqual(['one', 'two']);
  });

  it('finds what no watch tells by reading again, and only once', async () => {
    mkdirSync(join(directory, 'elsewhere'));
    const target = join(directory, 'elsewhere', 'config.conf');
    const file = join(directory, 'config.conf');
    writeFileSync(target, 'one');
    symlinkSync('elsewhere/config.conf', file);
    const clock = new FakeClock();
    const { contents } = watching(file, clock);
    writeFileSync(target, 'two');
    expect(contents).toEqual(['one']);
    await clock.advance(10_000);
    await clock.advance(60_000);
    expect(contents).toEqual(['one', 'two']);
  });

  it('says nothing when a file is written that has the same content, or while there is none', async () => {
    const file = join(directory, 'config.conf');
    writeFileSync(file, 'one');
    const clock = new FakeClock();
    const { contents } = watching(file, clock);
    writeFileSync(file, readFileSync(file));
    await clock.advance(10_000);
    unlinkSync(file);
    await clock.advance(10_000);
    expect(contents).toEqual(['one']);
  });

  it('goes on reading when the directory cannot be watched', async () => {
    const clock = new FakeClock();
    const file = join(directory, 'later', 'config.conf');
    const { contents, errors } = watching(file, clock);
    expect(errors).toHaveLength(1);
    mkdirSync(join(directory, 'later'));
    writeFileSync(file, 'one');
    await clock.advance(10_000);
    expect(contents).toEqual(['one']);
  });

  it('leaves nothing behind when it is stopped', async () => {
    const clock = new FakeClock();
    const file = join(directory, 'config.conf');
    writeFileSync(file, 'one');
    watching(file, clock);
    stop.abort();
    expect(clock.pending).toBe(0);
  });
});
