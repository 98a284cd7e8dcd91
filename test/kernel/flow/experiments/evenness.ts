// All endpoints are equally likely, whether they are a few, more than stand in one chain, or many more.
import { type ManyServiceName, manyService } from '../cases/many-endpoints.ts';
import { reachProbes } from '../flow-case.ts';
import { connectOften, observationOf } from '../prober.ts';
import { pod } from '../source.ts';
import type { Family, Protocol } from '../world.ts';
import { chiSquare, chiSquareLimit } from './chi-square.ts';
import type { FlowBed, FlowExperiment } from './experiment.ts';

interface Evenness {
  readonly service: ManyServiceName;
  /** Enough that shares that are wrong by a third stand out, as when uneven buckets are chosen evenly. */
  readonly connections: number;
  readonly family: Family;
  readonly protocol: Protocol;
}

const CASES: readonly Evenness[] = [
  { service: 'three', connections: 600, family: 'IPv4', protocol: 'TCP' },
  { service: 'three', connections: 600, family: 'IPv6', protocol: 'UDP' },
  { service: 'two-dozen', connections: 2400, family: 'IPv4', protocol: 'UDP' },
  { service: 'two-dozen', connections: 2400, family: 'IPv6', protocol: 'TCP' },
  { service: 'ten-dozen', connections: 3600, family: 'IPv4', protocol: 'TCP' },
];

const CONCURRENCY = 20;

export function evennessExperiments(): FlowExperiment[] {
  return CASES.map((evenness) => ({
    name: `${evenness.service} endpoints get even shares, ${evenness.family} ${evenness.protocol}`,
    manifests: [],
    run: (bed) => checkEvenness(bed, evenness),
  }));
}

async function checkEvenness(
  { lab }: FlowBed,
  { service, connections, family, protocol }: Evenness,
): Promise<string[]> {
  const { endpoints = [], ...spec } = manyService(service);
  const names = endpoints.map(({ name }) => name);
  const [flow] = reachProbes({
    service: { ...spec, endpoints },
    from: pod('pod-1-17'),
    endpoints: names,
    families: [family],
    protocols: [protocol],
  });
  if (!flow) return ['no flow'];
  const seen = observationOf(
    await connectOften(lab, flow, {
      count: connections,
      concurrency: CONCURRENCY,
    }),
  );
  const counts = names.map((name) => seen.answers.filter(({ endpoint }) => endpoint === name).length);
  const deviation = chiSquare(counts);
  const limit = chiSquareLimit(names.length - 1);
  return [
    ...new Set(seen.errors),
    ...(deviation > limit
      ? [`chi-square is ${deviation.toFixed(1)}, more than ${limit.toFixed(1)}: ${counts}`]
      : []),
  ];
}
