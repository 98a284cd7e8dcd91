// A small cluster for the tests of the lab's API server, and short ways to write objects into it.
import { type Cluster, createCluster } from '../../../../src/lab/api-server/cluster.ts';
import type { ApiObject } from '../../../../src/lab/api-server/objects.ts';
import { createObject, updateObject } from '../../../../src/lab/api-server/registry.ts';
import { endpointSlices, namespaces, services } from '../../../../src/lab/api-server/resources.ts';
import { type ServiceSpec, specOf } from '../../../../src/lab/api-server/service-spec.ts';
import { StatusError } from '../../../../src/lab/api-server/status-error.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';

export const DUAL_STACK = ['10.96.0.0/12', 'fd00:10:96::/112'];

export interface TestCluster extends Cluster {
  readonly clock: FakeClock;
}

/** With the namespace `shop`. */
export function testCluster({ serviceCidrs = DUAL_STACK, maxLogLength = 1_000 } = {}): TestCluster {
  const clock = new FakeClock();
  const cluster = createCluster({ clock, serviceCidrs, maxLogLength, random: () => 0 });
  createObject(cluster, namespaces, undefined, { metadata: { name: 'shop' } });
  return { ...cluster, clock };
}

export function createService(cluster: Cluster, name: string, spec: object = {}): ApiObject {
  return createObject(cluster, services, 'shop', {
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  });
}

/** As a client that writes the whole spec, without a resourceVersion. */
export function replaceSpec(cluster: Cluster, name: string, spec: object): ServiceSpec {
  const ref = { namespace: 'shop', name };
  return specOf(updateObject(cluster, services, ref, () => ({ metadata: { name }, spec })));
}

/** As a client that reads, changes some fields and writes back. */
export function changeSpec(cluster: Cluster, name: string, change: object): ServiceSpec {
  const ref = { namespace: 'shop', name };
  return specOf(
    updateObject(cluster, services, ref, (previous) => ({
      ...previous,
      spec: { ...specOf(previous), ...change },
    })),
  );
}

export function createSlice(cluster: Cluster, name: string, body: object = {}): ApiObject {
  const draft = {
    metadata: { name },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.1.1'] }],
    ...body,
  };
  return createObject(cluster, endpointSlices, 'shop', draft);
}

/** What the API answers instead of a result. */
export function statusOf(action: () => unknown): StatusError['status'] {
  try {
    action();
  } catch (error) {
    if (error instanceof StatusError) return error.status;
    throw error;
  }
  throw new Error('nothing was refused');
}
