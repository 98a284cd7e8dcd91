// One endpoint changed: from the watch line in our hands to the commit, against what kube-proxy's partial sync restores.
import type { IptablesVariant } from '../../../src/dataplane/iptables/tools.ts';
import { objectKey, type ServicePortKey } from '../../../src/model/names.ts';
import { commitPlan } from '../../../src/plan/plan-state.ts';
import { kubeProxyChainsOf } from '../baseline/kube-proxy-rules.ts';
import { partialRestore } from '../baseline/restore-text.ts';
import { alternate, elapsedMs, type Timed } from '../parts/alternate.ts';
import { changedSlice, eventOfLine, watchLine } from '../parts/endpoint-change.ts';
import { createOurs, modelOf } from '../parts/ours.ts';
import { planStep } from '../parts/plan.ts';
import { restore, restoreAll, textOf, theirsOf } from '../parts/theirs.ts';
import { NAMESPACE } from '../populations/api-objects.ts';
import { mixedServices, uniformServices } from '../populations/populations.ts';
import { type PopulationRecords, recordsOf } from '../populations/records.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import { comparisonFigure } from './comparison-figure.ts';
import { ENDPOINTS, type Row, type RowContext } from './row.ts';

export function oneChangeRow(variant: IptablesVariant, atMost: number): Row {
  return {
    name: `one-change-${variant}`,
    run: async (context) => {
      const { services, nftServices } = context.sizes;
      const count = variant === 'legacy' ? services : nftServices;
      const what = (population: string) => `one endpoint, ${variant}, ${count} Services ${population}`;
      const uniform = await compare(context, variant, uniformServices(count, ENDPOINTS));
      const mixed = await compare(context, variant, mixedServices(count));
      return [
        comparisonFigure(what(`× ${ENDPOINTS}`), uniform, atMost),
        comparisonFigure(what('mixed'), mixed, undefined),
      ];
    },
  };
}

async function compare(context: RowContext, variant: IptablesVariant, population: PopulationService[]) {
  const records = recordsOf(population);
  // The same Services on both sides, all of them with endpoints of other nodes.
  const services = population.filter(({ pods }) => pods.length > 1);
  const serviceOf = (round: number): PopulationService => {
    const service = services[(round * 7_919) % services.length];
    if (!service) throw new Error('the population has no Service with endpoints');
    return service;
  };
  const ours = await ourChange(context, variant, records, serviceOf);
  const theirs = await theirChange(context, variant, records, serviceOf);
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
  variant: IptablesVariant,
  records: PopulationRecords,
  serviceOf: ServiceOf,
): Promise<Side> {
  const place = await netns.create();
  const ours = createOurs(place, variant, records);
  await ours.sync('start');
  const timed: Timed = (round) => {
    const line = watchLine(changedSlice(serviceOf(round), round));
    return elapsedMs(() => {
      ours.model.handleEndpointSlice(eventOfLine(line));
      return ours.sync('changes');
    });
  };
  return { timed, remove: place.remove };
}

async function theirChange(
  { netns }: RowContext,
  variant: IptablesVariant,
  records: PopulationRecords,
  serviceOf: ServiceOf,
): Promise<Side> {
  const place = await netns.create();
  const model = modelOf(records);
  let plan = commitPlan(undefined, planStep(model, undefined, model.takeChanges('IPv4')));
  const theirs = theirsOf(plan);
  await restoreAll(place, variant, theirs);
  const timed: Timed = (round) => {
    const service = serviceOf(round);
    model.handleEndpointSlice(eventOfLine(watchLine(changedSlice(service, round))));
    plan = commitPlan(plan, planStep(model, plan, model.takeChanges('IPv4')));
    const changed = portsOf(plan.portsByService.get(objectKey(NAMESPACE, service.name)));
    const chains = changed.flatMap((key) => kubeProxyChainsOf(plan, key));
    const text = textOf(partialRestore(theirs.rules, chains));
    return elapsedMs(() => restore(place, variant, text));
  };
  return { timed, remove: place.remove };
}

function portsOf(keys: readonly ServicePortKey[] | undefined): readonly ServicePortKey[] {
  if (!keys) throw new Error('the changed Service has no plan');
  return keys;
}
