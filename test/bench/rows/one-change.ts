// One endpoint changed: from the watch line in our hands to the commit, against what kube-proxy's tools take for a partial sync.
import { objectKey, type ServicePortKey } from '../../../src/model/names.ts';
import { commitPlan } from '../../../src/plan/plan-state.ts';
import { alternate, elapsedMs, type Timed } from '../parts/alternate.ts';
import { changedSlice, eventOfLine, watchLine } from '../parts/endpoint-change.ts';
import type { BenchMode } from '../parts/mode.ts';
import { modelOf } from '../parts/model.ts';
import { createOurs } from '../parts/ours.ts';
import { planStep } from '../parts/plan.ts';
import { theirsOf } from '../parts/theirs.ts';
import { NAMESPACE } from '../populations/api-objects.ts';
import { mixed, type NamedPopulation, uniform } from '../populations/named-population.ts';
import { type PopulationRecords, recordsOf } from '../populations/records.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import type { Goal } from '../report/figure.ts';
import { comparisonFigureOf } from './comparison-figure.ts';
import { ENDPOINTS, type Row, type RowContext, type Sizes } from './row.ts';

export interface OneChangeSpec {
  readonly mode: BenchMode;
  readonly services: (sizes: Sizes) => number;
  /** With the uniform population; the mixed one is reported. */
  readonly goal: Goal;
}

export function oneChangeRow({ mode, services, goal }: OneChangeSpec): Row {
  return {
    name: `one-change-${mode}`,
    run: async (context) => {
      const count = services(context.sizes);
      const figure = async ({ what, services }: NamedPopulation, goal: Goal) => {
        const comparison = await compare(context, mode, services);
        return comparisonFigureOf(mode, `one endpoint, ${mode}, ${what}`, comparison, goal);
      };
      return [await figure(uniform(count, ENDPOINTS), goal), await figure(mixed(count), {})];
    },
  };
}

async function compare(context: RowContext, mode: BenchMode, population: PopulationService[]) {
  const records = recordsOf(population);
  // The same Services on both sides, all of them with endpoints of other nodes.
  const services = population.filter(({ pods }) => pods.length > 1);
  const serviceOf = (round: number): PopulationService => {
    const service = services[(round * 7_919) % services.length];
    if (!service) throw new Error('the population has no Service with endpoints');
    return service;
  };
  const ours = await ourChange(context, mode, records, serviceOf);
  const theirs = await theirChange(context, mode, records, serviceOf);
  const comparison = await alternate(context.sizes.changeRounds, ours.timed, theirs.timed);
  await Promise.all([ours.remove(), theirs.remove()]);
  return comparison;
}

interface Side {
  readonly timed: Timed;
  readonly remove: () => Promise<void>;
}

type ServiceOf = (round: number) => PopulationService;

async function ourChange(
  { netns }: RowContext,
  mode: BenchMode,
  records: PopulationRecords,
  serviceOf: ServiceOf,
): Promise<Side> {
  const place = await netns.create();
  const ours = createOurs(place, mode, records);
  await ours.sync('start');
  const timed: Timed = (round) => {
    const line = watchLine(changedSlice(serviceOf(round), round));
    return elapsedMs(() => {
      ours.model.handleEndpointSlice(eventOfLine(line));
      return ours.sync('changes');
    });
  };
  const remove = () => {
    ours.close();
    return place.remove();
  };
  return { timed, remove };
}

async function theirChange(
  { netns }: RowContext,
  mode: BenchMode,
  records: PopulationRecords,
  serviceOf: ServiceOf,
): Promise<Side> {
  const place = await netns.create();
  const model = modelOf(records);
  let plan = commitPlan(undefined, planStep({ model, mode, previous: undefined }));
  const theirs = theirsOf(mode, plan);
  await theirs.writeAll(place);
  const timed: Timed = (round) => {
    const service = serviceOf(round);
    model.handleEndpointSlice(eventOfLine(watchLine(changedSlice(service, round))));
    plan = commitPlan(plan, planStep({ model, mode, previous: plan }));
    const changed = portsOf(plan.portsByService.get(objectKey(NAMESPACE, service.name)));
    const sync = theirs.changeSync(plan, changed);
    return elapsedMs(() => sync(place));
  };
  return { timed, remove: place.remove };
}

function portsOf(keys: readonly ServicePortKey[] | undefined): readonly ServicePortKey[] {
  if (!keys) throw new Error('the changed Service has no plan');
  return keys;
}
