// The mirror of a cluster with a population in it, complete, of which nobody has taken anything.
import type { WatchEvent } from '../../../src/model/records.ts';
import { ModelState } from '../../../src/sync/model-state.ts';
import { systemClock } from '../../../src/util/clock.ts';
import type { PopulationRecords } from '../populations/records.ts';
import { NODE_IP, NODE_RECORD, SERVICE_CIDR_RECORD } from './plan-settings.ts';

export function modelOf({ services, slices }: PopulationRecords): ModelState {
  const model = new ModelState({ clock: systemClock });
  deliver(services, (event) => model.handleService(event));
  deliver(slices, (event) => model.handleEndpointSlice(event));
  deliver([NODE_RECORD], (event) => model.handleNode(event));
  deliver([SERVICE_CIDR_RECORD], (event) => model.handleServiceCidr(event));
  model.handleAddresses([NODE_IP]);
  return model;
}

function deliver<Record>(records: readonly Record[], handle: (event: WatchEvent<Record>) => void): void {
  handle({ kind: 'replace-start' });
  for (const record of records) handle({ kind: 'put', record });
  handle({ kind: 'synced' });
}
