// Planner and dataplane in the nodes of a lab, without a daemon between them: what is planned can be changed before it is
// rendered, so that a planner with a fault can be tried without one in the sources.
import type { Lab } from '../../../src/lab/lab.ts';
import type { Place } from '../../../src/lab/place.ts';
import type { ServicePortKey } from '../../../src/model/names.ts';
import type { GlobalPlan, ServicePlan } from '../../../src/plan/plan.ts';
import type { AnyKernelMirror } from '../../../src/sync/kernel-mirror.ts';
import { StepTimes } from '../../../src/sync/step-times.ts';
import { planFromNothing } from '../../builders/plans.ts';
import type { Manifest } from './manifests.ts';
import { clusterSeenBy } from './planner-view.ts';
import type { Family, NodeName } from './world.ts';

/** What happens to a plan between planner and render. */
export interface PlanChanger {
  readonly service?: (plan: ServicePlan, node: NodeName) => ServicePlan;
  readonly global?: (plan: GlobalPlan, node: NodeName) => GlobalPlan;
}

/** Opens a dataplane in a place of the lab. */
export type OpenKernel = (place: Place, family: Family) => AnyKernelMirror;

export class DirectDrive {
  readonly #lab: Lab;
  readonly #open: OpenKernel;
  readonly #family: Family;
  readonly #kernels = new Map<NodeName, AnyKernelMirror>();
  readonly #programmed = new Map<NodeName, readonly ServicePortKey[]>();

  constructor(lab: Lab, open: OpenKernel, family: Family) {
    this.#lab = lab;
    this.#open = open;
    this.#family = family;
  }

  /** Takes the nodes to the objects and nothing else. Throws when a kernel refuses. */
  async program(
    nodes: readonly NodeName[],
    manifests: readonly Manifest[],
    changer: PlanChanger = {},
  ): Promise<void> {
    await Promise.all(nodes.map((node) => this.#programNode(node, manifests, changer)));
  }

  async #programNode(
    node: NodeName,
    manifests: readonly Manifest[],
    { service = unchanged, global = unchanged }: PlanChanger,
  ): Promise<void> {
    const family = this.#family;
    const plan = planFromNothing(clusterSeenBy(node, manifests), family);
    const services = new Map<ServicePortKey, ServicePlan | undefined>(
      Array.from(this.#programmed.get(node) ?? [], (key) => [key, undefined]),
    );
    for (const [key, planned] of plan.services) services.set(key, service(planned, node));
    const change = { family, global: global(plan.global, node), services };
    const result = await this.#kernel(node).write({ change, isComplete: true }, new StepTimes());
    if (!result.ok) throw new Error(`${node}: ${result.error}`);
    this.#programmed.set(node, [...plan.services.keys()]);
  }

  #kernel(node: NodeName): AnyKernelMirror {
    const kernel = this.#kernels.get(node) ?? this.#open(this.#lab.node(node), this.#family);
    this.#kernels.set(node, kernel);
    return kernel;
  }
}

function unchanged<T>(plan: T): T {
  return plan;
}
