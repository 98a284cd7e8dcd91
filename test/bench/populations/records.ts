// A population as the records that the watch makes of its objects, for measurements that leave the API server out.
import { decodeEndpointSlice } from '../../../src/kube/decode-endpoint-slice.ts';
import { decodeService } from '../../../src/kube/decode-service.ts';
import type { EndpointSliceRecord, ServiceRecord } from '../../../src/model/records.ts';
import { createIntern } from '../../../src/util/intern.ts';
import { serviceObject, sliceObjects } from './api-objects.ts';
import type { PopulationService } from './service-spec.ts';

export interface PopulationRecords {
  readonly services: readonly ServiceRecord[];
  readonly slices: readonly EndpointSliceRecord[];
}

export function recordsOf(population: readonly PopulationService[]): PopulationRecords {
  const intern = createIntern();
  return {
    services: population.map((service) => decodeService(serviceObject(service), intern)),
    slices: population.flatMap(sliceObjects).map((object) => decodeEndpointSlice(object, intern)),
  };
}
