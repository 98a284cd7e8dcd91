// How metrics are made: in one registry of our own, with what they share said once.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { IpFamily } from '../model/ip.ts';

export const IP_FAMILY = ['ip_family'] as const;
export const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];

/** A metric has no series before its first value, unless it has no labels. */
export interface MetricMakers {
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  histogram<L extends string>(spec: HistogramSpec<L>): Histogram<L>;
}

export interface HistogramSpec<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
  /** Upper bounds, rising; in the unit that the name ends with. */
  readonly buckets: readonly number[];
}

export function metricMakers(registry: Registry): MetricMakers {
  const registers = [registry];
  return {
    counter: (name, help, labelNames = []) => new Counter({ name, help, labelNames, registers }),
    gauge: (name, help, labelNames = []) => new Gauge({ name, help, labelNames, registers }),
    histogram: ({ name, help, labels, buckets }) =>
      new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers }),
  };
}

/** The child of each family, bound once: finding it by its labels at each use costs more than the use. */
export function byFamily<Child>(childOf: (family: IpFamily) => Child): Readonly<Record<IpFamily, Child>> {
  return { IPv4: childOf('IPv4'), IPv6: childOf('IPv6') };
}

/** For counts that are kept elsewhere: the counter, which has no labels, shows the total from now on. */
export function showTotal(counter: Counter<string>, total: number): void {
  counter.reset();
  counter.inc(total);
}

export function seconds(ms: number): number {
  return ms / 1_000;
}
