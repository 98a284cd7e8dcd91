import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../../../src/lab/traffic/probe.ts';
import { tally } from '../../../../src/lab/traffic/tally.ts';

const TIMES = { startedAtMs: 0, latencyMs: 1 };

describe('a tally', () => {
  it('counts who answered and what failed, and lists each source once', () => {
    const attempts = [
      answered('b', '192.0.2.2'),
      answered('a', '192.0.2.2'),
      answered('b', '192.0.2.1'),
      failed(),
    ];
    expect(tally(attempts)).toEqual({
      answeredBy: { a: 1, b: 2 },
      sources: ['192.0.2.1', '192.0.2.2'],
      errors: { ETIMEDOUT: 1 },
    });
  });
});

function answered(name: string, source: string): Attempt {
  const local = { ip: '10.244.1.1', port: 8080 };
  return { ...TIMES, ok: true, answer: { name, local, peer: { ip: source, port: 1 } } };
}

function failed(): Attempt {
  return { ...TIMES, ok: false, error: 'ETIMEDOUT' };
}
