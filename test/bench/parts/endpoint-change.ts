// The change that is measured most: one pod of one Service is replaced by another, as a rolling update does it.
import { putEvent } from '../../../src/kube/object-events.ts';
import { endpointSlices } from '../../../src/kube/resources.ts';
import type { ApiObject } from '../../../src/lab/api-server/objects.ts';
import type { EndpointSliceRecord, WatchEvent } from '../../../src/model/records.ts';
import { sliceObject } from '../populations/api-objects.ts';
import { NODE_COUNT } from '../populations/nodes.ts';
import type { PopulationService } from '../populations/service-spec.ts';

/** Further than the numbers of all pods of all populations. */
const FIRST_NEW_POD = NODE_COUNT * 30_000;

/** The Service's slice in the given round; each round has another pod in the place of the first. */
export function changedSlice(service: PopulationService, round: number): ApiObject {
  const [, ...others] = service.pods;
  // One past a node's own pods: local endpoints are rarer than others, and have a chain more.
  const newPod = FIRST_NEW_POD + 1 + (round % 1_000) * NODE_COUNT;
  return sliceObject(service, 0, [newPod, ...others].slice(0, 100));
}

/** A watch line becomes what sync is told, as in the reflector. */
export function eventOfLine(line: string): WatchEvent<EndpointSliceRecord> {
  const { object } = JSON.parse(line) as { object: Record<string, unknown> };
  const event = putEvent(object, {
    resource: endpointSlices,
    intern: (text) => text,
    log: { warn: () => {} },
  });
  if (!event) throw new Error('the slice of the bench has no name');
  return event;
}

export function watchLine(object: ApiObject): string {
  return JSON.stringify({ type: 'MODIFIED', object });
}
