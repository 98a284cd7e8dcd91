// The whole table.
import type { FlowGroup } from '../flow-case.ts';
import { addressGroups } from './addresses.ts';
import { conflictGroup } from './conflicts.ts';
import { endpointGroups } from './endpoints.ts';
import { hintGroups } from './hints.ts';
import { localDetectorGroups } from './local-detectors.ts';
import { manyEndpointsGroup } from './many-endpoints.ts';
import { matrixGroups } from './matrix.ts';
import { nodePortAddressGroup } from './node-port-addresses.ts';
import { recordedGroup } from './recorded-objects.ts';
import { sourceRangeGroups } from './source-ranges.ts';

export function allGroups(): FlowGroup[] {
  return [
    ...matrixGroups(),
    ...hintGroups(),
    ...endpointGroups(),
    ...addressGroups(),
    conflictGroup(),
    ...localDetectorGroups(),
    nodePortAddressGroup(),
    ...sourceRangeGroups(),
    manyEndpointsGroup(),
    recordedGroup(),
  ];
}
