// EndpointSlices (pkg/registry/discovery/endpointslice/strategy.go).
import { isDeepStrictEqual } from 'node:util';
import { arrayOf, objectOf } from '../../kube/json-object.ts';
import type { ApiObject } from './objects.ts';
import { bodyOf, type Strategy } from './strategy.ts';

export const endpointSliceStrategy: Strategy = {
  complete: (draft) => ({
    ...bodyOf(draft),
    endpoints: arrayOf(draft['endpoints']),
    ports: arrayOf(draft['ports']).map((port) => ({ name: '', protocol: 'TCP', ...objectOf(port) })),
  }),
  validate: () => [],
  hasNewGeneration: (object, previous) => !isDeepStrictEqual(counted(object), counted(previous)),
};

/** Everything but metadata, and the labels. */
function counted({ metadata, ...body }: ApiObject): unknown {
  return { ...body, labels: metadata.labels ?? {} };
}
