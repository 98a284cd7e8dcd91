// The whole table.
import type { FlowGroup } from '../flow-case.ts';
import { addressGroups } from './addresses.ts';
import { endpointSelectionGroups } from './endpoint-selection.ts';
import { manyEndpointsGroup } from './many-endpoints.ts';
import { matrixGroups } from './matrix.ts';
import { nodeSettingGroups } from './node-settings.ts';
import { recordedGroup } from './recorded-objects.ts';
import { sourceRangeGroups } from './source-ranges.ts';

export function allGroups(): FlowGroup[] {
  return [
    ...matrixGroups(),
    ...endpointSelectionGroups(),
    ...addressGroups(),
    ...nodeSettingGroups(),
    ...sourceRangeGroups(),
    manyEndpointsGroup(),
    recordedGroup(),
  ];
}
