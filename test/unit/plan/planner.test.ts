import { expect, it } from 'vitest';
import { aCluster, addressesOf, planFromNothing } from '../../builders/plans.ts';
import { aService, aSlice } from '../../builders/records.ts';

it('plans a ClusterIP Service with the endpoints of its slice', () => {
  const plan = planFromNothing(aCluster({ services: [aService()], slices: [aSlice()] }));
  const [web] = plan.services.values();
  expect(web?.internal).toEqual({ policy: 'Cluster', verdict: 'balance' });
  expect(addressesOf(web?.clusterEndpoints ?? [])).toEqual(['10.244.2.1']);
});
