// ServiceCIDRs (pkg/registry/networking/servicecidr/strategy.go) and what their controller does: they are ready at once.
import type { Clock } from '../../util/clock.ts';
import { apiTime } from './object-meta.ts';
import { bodyOf, type Strategy } from './strategy.ts';

export function serviceCidrStrategy(clock: Clock): Strategy {
  return {
    complete: (draft, previous) => ({
      ...bodyOf(draft),
      status: previous?.['status'] ?? {
        conditions: [readyCondition(clock, draft.metadata.name === 'kubernetes')],
      },
    }),
    validate: () => [],
  };
}

function readyCondition(clock: Clock, isDefault: boolean): Readonly<Record<string, string>> {
  return {
    type: 'Ready',
    status: 'True',
    lastTransitionTime: apiTime(clock.nowMs()),
    reason: '',
    message: `Kubernetes ${isDefault ? 'default ' : ''}Service CIDR is ready`,
  };
}
