// The strategies of the kinds without their own file.
import { objectOf } from '../../kube/json-object.ts';
import { nodes } from './resources.ts';
import { bodyOf, type Strategy } from './strategy.ts';

const VALID = () => [];

/** Namespaces are active as long as they exist. */
export const namespaceStrategy: Strategy = {
  complete: (draft) => ({
    spec: { finalizers: ['kubernetes'] },
    ...bodyOf(draft),
    status: { phase: 'Active' },
  }),
  validate: VALID,
};

/** A kubelet may create its Node with its status; later the status has its own path. */
export const nodeStrategy: Strategy = {
  complete: (draft, previous) => ({
    ...bodyOf(draft),
    spec: objectOf(draft['spec']),
    status: previous?.['status'] ?? { ...objectOf(nodes.zero['status']), ...objectOf(draft['status']) },
  }),
  validate: VALID,
};

/** Events are what the client says. */
export const eventStrategy: Strategy = { complete: bodyOf, validate: VALID };
