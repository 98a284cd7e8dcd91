// The part of a change that is ours alone, without any tool or kernel: plan, render and diff for one changed endpoint. It
// must not depend on how many Services there are.
import type { IptablesState } from '../../../src/dataplane/iptables/state.ts';
import { commitPlan, type PlanState } from '../../../src/plan/plan-state.ts';
import type { ModelState } from '../../../src/sync/model-state.ts';
import { runToEnd } from '../../../src/util/cooperate.ts';
import { changedSlice, eventOfLine, watchLine } from '../parts/endpoint-change.ts';
import { iptablesDataplaneIn } from '../parts/kernel-in.ts';
import { modelOf } from '../parts/model.ts';
import type { Netns } from '../parts/netns.ts';
import { planStep } from '../parts/plan.ts';
import { median, quantile } from '../parts/statistics.ts';
import { uniformServices } from '../populations/populations.ts';
import { recordsOf } from '../populations/records.ts';
import { quantityText } from '../report/figure.ts';
import { ENDPOINTS, type Row } from './row.ts';

const GOAL_MS = 2;
/** What counts as equal: the caches of the processor hold less of what is looked at. */
const GOAL_RATIO = 1.25;

const WARM_UP = 200;
const SAMPLES = 1_000;

export const pureChangeRow: Row = {
  name: 'pure-change',
  run: async ({ netns, sizes }) => {
    const place = await netns.create();
    const many = await createSubject(place, sizes.services);
    const few = await createSubject(place, sizes.fewServices);
    const samples = { many: [] as number[], few: [] as number[] };
    for (let round = 0; round < WARM_UP + SAMPLES; round++) {
      const [manyMs, fewMs] = [many(round), few(round)];
      if (round < WARM_UP) continue;
      samples.many.push(manyMs);
      samples.few.push(fewMs);
    }
    await place.remove();
    const manyMs = median(samples.many);
    const fewMs = median(samples.few);
    const p99 = quantityText(quantile(samples.many, 0.99), 'ms');
    const what = 'plan + render + diff, one endpoint';
    return [
      {
        what: `${what}, ${sizes.services} Services, p50`,
        ...{ atMost: GOAL_MS, measured: manyMs, unit: 'ms', detail: `p99 ${p99}` },
      },
      {
        what: `${what}: ${sizes.services} / ${sizes.fewServices} Services`,
        ...{ atMost: GOAL_RATIO, measured: manyMs / fewMs, unit: 'ratio' },
        detail: `${quantityText(manyMs, 'ms')} / ${quantityText(fewMs, 'ms')}`,
      },
    ];
  },
};

/** What sync owns, with everything committed but nothing written: the kernel has no part in this. */
interface Subject {
  readonly model: ModelState;
  plan: PlanState;
  state: IptablesState;
}

/** Returns what makes one change and says how many milliseconds it took. */
async function createSubject(place: Netns, count: number): Promise<(round: number) => number> {
  const population = uniformServices(count, ENDPOINTS);
  const dataplane = iptablesDataplaneIn(place, 'legacy');
  const model = modelOf(recordsOf(population));
  const step = planStep({ model, mode: 'legacy', previous: undefined });
  runToEnd(model.takeChanges('IPv6'));
  const empty = await dataplane.read();
  const desired = runToEnd(dataplane.render(step.change, empty));
  const changes = runToEnd(dataplane.diff(empty, desired, { isComplete: true }));
  const subject: Subject = {
    model,
    plan: commitPlan(undefined, step),
    state: runToEnd(dataplane.commit(empty, desired, changes)),
  };

  return (round) => {
    const service = population[(round * 7_919) % count];
    if (!service) throw new Error('there is no such Service');
    subject.model.handleEndpointSlice(eventOfLine(watchLine(changedSlice(service, round))));
    const start = performance.now();
    const step = planStep({ model: subject.model, mode: 'legacy', previous: subject.plan });
    const desired = runToEnd(dataplane.render(step.change, subject.state));
    const changes = runToEnd(dataplane.diff(subject.state, desired, { isComplete: false }));
    const ms = performance.now() - start;
    // As the other family of a daemon does: what it does not take adds up.
    runToEnd(subject.model.takeChanges('IPv6'));
    subject.plan = commitPlan(subject.plan, step);
    subject.state = runToEnd(dataplane.commit(subject.state, desired, changes));
    return ms;
  };
}
