import { describe, expect, it } from 'vitest';
import { prefersOpenMetrics, toOpenMetrics } from '../../../src/status/exposition.ts';

describe('prefersOpenMetrics', () => {
  it.each([
    ['', false],
    ['*/*', false],
    ['text/plain;version=0.0.4', false],
    ['application/openmetrics-text', true],
    // Prometheus 2 and 3.
    ['application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', true],
    ['text/plain;version=0.0.4,application/openmetrics-text;q=0.5', false],
    ['application/openmetrics-text;q=0', false],
    ['application/vnd.google.protobuf;proto=x;q=0.9,text/plain;q=0.5', false],
  ])('%j: %s', (accept, expected) => {
    expect(prefersOpenMetrics(accept)).toBe(expected);
  });
});

describe('toOpenMetrics', () => {
  it('declares counters without _total, and nothing else', () => {
    const text = [
      '# HELP a_total Counts.\n# TYPE a_total counter\na_total{x="y_total "} 1',
      '# HELP b_total No counter.\n# TYPE b_total gauge\nb_total 2\n',
    ].join('\n\n');
    expect(toOpenMetrics(text).split('\n')).toEqual([
      '# HELP a Counts.',
      '# TYPE a counter',
      'a_total{x="y_total "} 1',
      '# HELP b_total No counter.',
      '# TYPE b_total gauge',
      'b_total 2',
      '# EOF',
      '',
    ]);
  });
});
