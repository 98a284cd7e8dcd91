// The strategies of the kinds without their own file.
import { isDeepStrictEqual } from 'node:util';
import { objectOf } from '../../kube/json-object.ts';
import { applyMergePatch } from './merge-patch.ts';
import { coreEvents, nodes } from './resources.ts';
import { daemonSets } from './stored-resources.ts';
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
    status: previous?.['status'] ?? completeNodeStatus(draft['status']),
  }),
  validate: VALID,
  status: completeNodeStatus,
};

function completeNodeStatus(given: unknown): unknown {
  return applyMergePatch(nodes.zero['status'], objectOf(given));
}

/** Events are what the client says. */
export const eventStrategy: Strategy = {
  complete: (draft) => ({ ...coreEvents.zero, ...bodyOf(draft) }),
  validate: VALID,
};

/** Its status is for the controller to write, which the lab does not have. */
export const daemonSetStrategy: Strategy = {
  complete: (draft, previous) => ({
    ...bodyOf(draft),
    status: previous?.['status'] ?? daemonSets.zero.status,
  }),
  validate: VALID,
  hasNewGeneration: (object, previous) => !isDeepStrictEqual(object['spec'], previous['spec']),
};

/** For kinds that are what the client says. */
export const storedStrategy: Strategy = { complete: bodyOf, validate: VALID };
