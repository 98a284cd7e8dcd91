import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLogger, type Logger, levelOf } from '../../../src/log/logger.ts';
import { FakeClock } from '../../fakes/fake-clock.ts';

interface Options {
  readonly format?: 'text' | 'json';
  readonly verbosity?: number;
}

/** What the logger writes for what `use` logs. */
function linesOf(use: (log: Logger) => void, { format = 'text', verbosity = 5 }: Options = {}): string[] {
  let text = '';
  const destination = {
    write: (line: string) => {
      text += line;
    },
    flushSync: () => {},
  };
  use(createLogger({ format, verbosity, destination, clock: new FakeClock() }));
  return text.split('\n').slice(0, -1);
}

/** Without level, time and process. */
function bodyOf(line: string | undefined): string {
  return line?.replace(/^.*? fairlead\] /, '') ?? '';
}

describe('levelOf', () => {
  it.each([
    [0, 'notice'],
    [1, 'notice'],
    [2, 'info'],
    [3, 'info'],
    [4, 'debug'],
    [5, 'trace'],
    [10, 'trace'],
  ])('-v=%i shows %s and above', (verbosity, level) => {
    expect(levelOf(verbosity)).toBe(level);
  });
});

describe('the text log', () => {
  it("has klog's order", () => {
    const [line] = linesOf((log) => log.info({ family: 'IPv4', elapsedMs: 12, isFull: false }, 'Synced'));
    expect(line).toMatch(
      /^I11\d\d \d\d:00:00\.000000 {1,7}\d+ fairlead\] "Synced" family="IPv4" elapsedMs=12 isFull=false$/,
    );
  });

  it('tells the levels by klog’s letters', () => {
    const lines = linesOf((log) => {
      log.trace('t');
      log.debug('d');
      log.info('i');
      log.notice('n');
      log.warn('w');
      log.error('e');
    });
    expect(lines.map((line) => line[0]).join('')).toBe('IIIIWE');
  });

  it('shows at -v=0 notices, warnings and errors only', () => {
    const lines = linesOf(
      (log) => {
        log.info('i');
        log.notice('n');
        log.warn('w');
      },
      { verbosity: 0 },
    );
    expect(lines.map(bodyOf)).toEqual(['"n"', '"w"']);
  });

  it('keeps one line per record, whatever a value holds', () => {
    const lines = linesOf((log) => log.warn({ svc: 'a\nE1121 "fake"' }, 'Skipped'));
    expect(lines.map(bodyOf)).toEqual([String.raw`"Skipped" svc="a\nE1121 \"fake\""`]);
  });

  it('has the fields of children', () => {
    const [line] = linesOf((log) => log.child({ family: 'IPv6' }).info('Synced'));
    expect(bodyOf(line)).toBe('"Synced" family="IPv6"');
  });

  it('says what an error and its causes say', () => {
    const error = new Error('cannot sync', {
      cause: Object.assign(new Error('no such chain'), { code: 'ENOENT' }),
    });
    const [line] = linesOf((log) => log.error({ err: error }, 'Failed'), { verbosity: 2 });
    expect(bodyOf(line)).toBe('"Failed" err="cannot sync: no such chain"');
  });

  it('shows the stack from -v=4 on', () => {
    const lines = linesOf((log) => log.error({ err: new Error('oh') }, 'Failed'), { verbosity: 4 });
    expect(bodyOf(lines[0])).toBe('"Failed" err="oh"');
    expect(lines[1]).toBe('    Error: oh');
    expect(lines[2]).toMatch(/^ {8}at .*logger\.test\.ts/);
  });
});

describe('the JSON log', () => {
  it('has one object per line', () => {
    const [line = ''] = linesOf((log) => log.notice({ family: 'IPv4' }, 'Started'), { format: 'json' });
    expect(JSON.parse(line)).toEqual({
      level: 'notice',
      ts: new FakeClock().nowMs(),
      msg: 'Started',
      family: 'IPv4',
    });
  });

  it('has the code of an error and nothing that could hold a secret', () => {
    const cause = Object.assign(new Error('refused'), {
      code: 'ECONNREFUSED',
      headers: { authorization: 'Bearer s3cret' },
    });
    const error = new Error('GET failed with Bearer s3cret', { cause });
    const [line = ''] = linesOf((log) => log.warn({ err: error }, 'Failed'), {
      format: 'json',
      verbosity: 2,
    });
    expect(JSON.parse(line)['err']).toEqual({
      message: 'GET failed with Bearer [redacted]: refused',
      code: 'ECONNREFUSED',
    });
  });

  it('replaces fields that are named like secrets', () => {
    const secrets = { token: 's3cret', user: { password: 's3cret' }, headers: { Authorization: 's3cret' } };
    const [line] = linesOf((log) => log.warn(secrets, 'Failed'), { format: 'json' });
    expect(line).toContain('[redacted]');
    expect(line).not.toContain('s3cret');
  });

  it.each([
    ['a ring of causes', ringOfCauses(), 'round'],
    ['a text', 'thrown text', 'thrown text'],
    ['nothing', undefined, 'undefined'],
    ['an object', { token: 's3cret' }, 'something that is no Error was thrown'],
    ['several errors', new AggregateError([new Error('one'), new Error('two')]), 'one, two'],
    ['an error without words', new TypeError(), 'TypeError'],
  ])('describes %s', (_, thrown, message) => {
    const [line = ''] = linesOf((log) => log.error({ err: thrown }, 'Failed'), {
      format: 'json',
      verbosity: 2,
    });
    expect(JSON.parse(line)['err'] ?? { message: 'undefined' }).toMatchObject({ message });
  });
});

describe('standard error', () => {
  it('has every line when the process exits', () => {
    const { stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'programs/log-and-exit.ts')], {
      encoding: 'utf8',
    });
    expect(stderr.match(/"Line"/g)).toHaveLength(2_000);
    expect(stderr).toMatch(/ i=1999\n$/);
  });
});

function ringOfCauses(): Error {
  const error = new Error('round');
  error.cause = error;
  return error;
}
