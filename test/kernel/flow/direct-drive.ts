// Planner and dataplane in the nodes of a lab, without a daemon between them: what is planned can be changed before it is
// rendered, so that a planner with a fault can be tried without one in the sources.
import { createIptablesDataplane } from '../../../src/dataplane/iptables/iptables-dataplane.ts';
import { legacyRuleCounter, nftRuleCounter } from '../../../src/dataplane/iptables/rule-counters.ts';
import type { IptablesVariant } from '../../../src/dataplane/iptables/tools.ts';
import type { Lab } from '../../../src/lab/lab.ts';
import type { Place } from '../../../src/lab/place.ts';
import type { GlobalPlan, ServicePlan } from '../../../src/plan/plan.ts';
import { type AnyKernelMirror, KernelMirror } from '../../../src/sync/kernel-mirror.ts';
import { StepTimes } from '../../../src/sync/step-times.ts';
import { exec } from '../../../src/system/exec.ts';
import { readTableEntries } from '../../../src/system/iptables-info.ts';
import { openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { sysctl } from '../../../src/system/sysctl.ts';
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
    const services = new Map(Array.from(plan.services, ([key, planned]) => [key, service(planned, node)]));
    const change = { family, global: global(plan.global, node), services };
    const result = await this.#kernel(node).write({ change, isComplete: true }, new StepTimes());
    if (!result.ok) throw new Error(`${node}: ${result.error}`);
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

/** The iptables dataplane of a variant. */
export function openIptables(variant: IptablesVariant): OpenKernel {
  return ({ netns, env }, family) => {
    const dataplane = createIptablesDataplane({
      family,
      variant,
      features: { hasSets: true, hasAccounting: false, isTcpBeLiberal: false },
      exec: ({ file, args, ...rest }) =>
        exec({ ...rest, file: 'ip', args: ['netns', 'exec', netns, file, ...args], env }),
      sysctl: {
        read: (setting) => inNetns(netns, () => sysctl.read(setting)),
        write: (setting, value) => inNetns(netns, () => sysctl.write(setting, value)),
      },
      ruleCounter:
        variant === 'legacy'
          ? legacyRuleCounter(family, (...args) => inNetns(netns, () => readTableEntries(...args)))
          : nftRuleCounter(family, (options) => inNetns(netns, () => openNetlinkSocket(options))),
    });
    return new KernelMirror(dataplane);
  };
}
