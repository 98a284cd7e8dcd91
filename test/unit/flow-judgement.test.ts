// What the packet-flow suite judges by: that it complains of everything that is wrong, and of nothing else.
import { describe, expect, it } from 'vitest';
import { onNode1 } from '../kernel/flow/cases/cast.ts';
import {
  DROPPED,
  type Expectation,
  LOST,
  REFUSED_BY_HOST,
  REJECTED,
  reaches,
} from '../kernel/flow/expectation.ts';
import { chiSquare, chiSquareLimit } from '../kernel/flow/experiments/chi-square.ts';
import type { FlowProbe } from '../kernel/flow/flow-case.ts';
import { judge } from '../kernel/flow/judge.ts';
import type { Observation } from '../kernel/flow/prober.ts';
import { nodeItself, type Source } from '../kernel/flow/source.ts';

const BOTH = reaches(
  { from: onNode1, endpoints: ['pod-1-1:8080', 'pod-2-1:8080'], isMasqueraded: false },
  'IPv4',
);
const STICKY = { ...BOTH, isSticky: true } as Expectation;

function flow(expected: Expectation, from: Source = onNode1): FlowProbe {
  return { from, to: '10.96.16.1', port: 80, family: 'IPv4', protocol: 'UDP', expected };
}

function answers(...names: readonly ('pod-1-1:8080' | 'pod-2-1:8080' | 'pod-3-1:8080')[]): Observation {
  return { answers: names.map((endpoint) => ({ endpoint, source: '10.244.1.17' })), errors: [] };
}

function errors(...codes: readonly string[]): Observation {
  return { answers: [], errors: codes };
}

describe('the judge', () => {
  it.each<[string, FlowProbe, Observation]>([
    ['every endpoint', flow(BOTH), answers('pod-1-1:8080', 'pod-2-1:8080', 'pod-1-1:8080')],
    ['one of the endpoints with affinity', flow(STICKY), answers('pod-2-1:8080', 'pod-2-1:8080')],
    ['a refusal', flow(REJECTED), errors('ECONNREFUSED')],
    ['a refusal as the node sees it', flow(REJECTED, nodeItself('node-1')), errors('EPERM')],
    ['silence', flow(DROPPED), errors('ETIMEDOUT')],
    ['a drop as the node sees it', flow(DROPPED, nodeItself('node-1')), errors('EPERM')],
    ['a packet on its way to nowhere', flow(LOST), errors('ETIMEDOUT')],
  ])('is content with %s where that is expected', (_what, probe, seen) => {
    expect(judge(probe, seen)).toBeUndefined();
  });

  it.each<[string, FlowProbe, Observation | undefined, string]>([
    ['an endpoint that is missing', flow(BOTH), answers('pod-1-1:8080'), 'pod-2-1:8080 is not reached'],
    [
      'an endpoint too many',
      flow(BOTH),
      answers('pod-1-1:8080', 'pod-2-1:8080', 'pod-3-1:8080'),
      'pod-3-1:8080 must not be reached',
    ],
    [
      'a wrong source',
      flow(BOTH),
      { answers: [{ endpoint: 'pod-1-1:8080', source: '192.0.2.11' }], errors: [] },
      'pod-1-1:8080 sees 192.0.2.11, not 10.244.1.17',
    ],
    [
      'a single error',
      flow(BOTH),
      { ...answers('pod-1-1:8080', 'pod-2-1:8080'), errors: ['ETIMEDOUT'] },
      'ETIMEDOUT',
    ],
    ['a client that does not stick', flow(STICKY), answers('pod-1-1:8080', 'pod-2-1:8080'), 'does not stick'],
    ['an answer instead of a refusal', flow(REJECTED), answers('pod-1-1:8080'), 'answered'],
    [
      'silence instead of a refusal',
      flow(REJECTED),
      errors('ETIMEDOUT'),
      'ETIMEDOUT instead of ECONNREFUSED',
    ],
    [
      'a refusal instead of silence',
      flow(DROPPED),
      errors('ECONNREFUSED'),
      'ECONNREFUSED instead of ETIMEDOUT',
    ],
    [
      'a loss on the way instead of a drop, on the node',
      flow(DROPPED, nodeItself('node-1')),
      errors('ETIMEDOUT'),
      'ETIMEDOUT instead of EPERM',
    ],
    [
      'silence instead of the host',
      flow(REFUSED_BY_HOST),
      errors('ETIMEDOUT'),
      'ETIMEDOUT instead of ECONNREFUSED',
    ],
    ['a flow that was never probed', flow(DROPPED), undefined, 'not probed'],
  ])('complains of %s', (_what, probe, seen, complaint) => {
    expect(judge(probe, seen)).toContain(complaint);
  });
});

describe('the chi-square test', () => {
  it('has a limit that chance passes less than once in a million times, and not much higher', () => {
    // Of two degrees of freedom the distribution is exponential.
    const exact = -2 * Math.log(1e-6);
    expect(chiSquareLimit(2)).toBeGreaterThan(exact);
    expect(chiSquareLimit(2)).toBeLessThan(1.1 * exact);
  });

  it('is content with what chance does', () => {
    expect(chiSquare([98, 104, 95, 103])).toBeLessThan(chiSquareLimit(3));
  });

  it('notices endpoints in uneven buckets that are chosen evenly', () => {
    const bucket = (size: number) => Array.from({ length: size }, () => 600 / size);
    expect(chiSquare([4, 6, 6, 8].flatMap(bucket))).toBeGreaterThan(chiSquareLimit(23));
  });
});
