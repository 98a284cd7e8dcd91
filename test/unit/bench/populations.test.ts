// The populations must be what docs/performance.md says that they are, and the same in every run.
import { describe, expect, it } from 'vitest';
import { mixedServices, uniformServices } from '../../bench/populations/populations.ts';
import { recordsOf } from '../../bench/populations/records.ts';
import { aCluster, planFromNothing } from '../../builders/plans.ts';

const COUNT = 2_000;

describe('the uniform population', () => {
  const records = recordsOf(uniformServices(100, 10));
  const plan = planFromNothing(aCluster(records));

  it('has the same number of endpoints in each Service, one in a hundred on our node', () => {
    const endpoints = [...plan.services.values()].map(({ clusterEndpoints }) => clusterEndpoints);
    expect(endpoints.map(({ length }) => length)).toEqual(new Array(100).fill(10));
    expect(endpoints.flat().filter(({ record }) => record.nodeName === 'node-1').length).toBe(10);
  });
});

describe('the mixed population', () => {
  const population = mixedServices(COUNT);
  const share = (isCounted: (service: (typeof population)[number]) => boolean) =>
    population.filter(isCounted).length / COUNT;

  it('is the same each time', () => {
    expect(mixedServices(COUNT)).toEqual(population);
  });

  it('has the shares of Services that it promises', () => {
    expect(share(({ loadBalancer }) => loadBalancer !== undefined)).toBeCloseTo(0.1, 1);
    expect(share(({ loadBalancer }) => (loadBalancer?.healthCheckNodePort ?? 0) > 0)).toBeCloseTo(0.05, 1);
    expect(share(({ hasAffinity }) => hasAffinity)).toBeCloseTo(0.05, 1);
    expect(share(({ pods }) => pods.length === 0)).toBeCloseTo(0.05, 1);
  });

  it('has few Services with many endpoints, none with more than 250', () => {
    const counts = population.map(({ pods }) => pods.length).toSorted((a, b) => a - b);
    expect(counts[COUNT / 2]).toBe(3);
    expect(counts.at(-1)).toBeGreaterThan(100);
    expect(counts.at(-1)).toBeLessThanOrEqual(250);
  });

  it('is valid and without conflicts: every port of every Service is planned and keeps its frontends', () => {
    const cluster = aCluster(recordsOf(population));
    const plan = planFromNothing(cluster);
    expect(cluster.services.flatMap(({ problems }) => problems)).toEqual([]);
    expect(plan.services.size).toBe(population.flatMap(({ ports }) => ports).length);
    const frontends = [...plan.services.values()].flatMap((service) => service.frontends);
    expect(frontends.filter(({ lostTo }) => lostTo)).toEqual([]);
  });
});
