// Kubernetes objects in YAML as the cluster that a planner sees, decoded as the watch does it.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadAll } from 'js-yaml';
import { decodeEndpointSlice } from '../../src/kube/decode-endpoint-slice.ts';
import { decodeService } from '../../src/kube/decode-service.ts';
import type { JsonObject } from '../../src/kube/json-object.ts';
import { aCluster, type Cluster } from './plans.ts';
import { cidr } from './records.ts';

const FIXTURES = resolve(import.meta.dirname, '../fixtures');

/** The objects of which test/fixtures/kube-proxy has recorded the rules, as the API server completed them. */
export function recordedCluster(): Cluster {
  return aCluster({
    ...objectsIn(readFileSync(resolve(FIXTURES, 'objects.yaml'), 'utf8')),
    serviceCidrs: [cidr('10.96.0.0/16'), cidr('fd00:10:96::/112')],
  });
}

/** The Services and EndpointSlices in the YAML that kube-proxy's label selectors let pass. */
export function objectsIn(yaml: string): Pick<Cluster, 'services' | 'slices'> {
  const objects = loadAll(yaml) as JsonObject[];
  const ofKind = (kind: string) => objects.filter((object) => object['kind'] === kind).filter(isSelected);
  return {
    services: ofKind('Service').map((object) => decodeService(object, (text) => text)),
    slices: ofKind('EndpointSlice').map((object) => decodeEndpointSlice(object, (text) => text)),
  };
}

function isSelected(object: JsonObject): boolean {
  const metadata = object['metadata'] as { readonly labels?: Readonly<Record<string, string>> };
  return !metadata.labels?.['service.kubernetes.io/service-proxy-name'];
}
