// Plans for the iptables dataplane, and the dataplane over a fake kernel.
import type { ApplyResult } from '../../src/dataplane/dataplane.ts';
import type { IptablesFeatures } from '../../src/dataplane/iptables/features.ts';
import {
  createIptablesDataplane,
  type IptablesDataplane,
  type IptablesDeps,
} from '../../src/dataplane/iptables/iptables-dataplane.ts';
import type { IptablesState } from '../../src/dataplane/iptables/state.ts';
import type { RuleCounter } from '../../src/dataplane/iptables/tamper-probe.ts';
import type { IpFamily } from '../../src/model/ip.ts';
import { type ServicePortKey, type ServicePortName, servicePortKey } from '../../src/model/names.ts';
import type { Frontend, GlobalPlan, PlanChange, PlannedEndpoint, ServicePlan } from '../../src/plan/plan.ts';
import { runToEnd } from '../../src/util/cooperate.ts';
import { FakeIptables } from '../fakes/fake-iptables.ts';
import { anEndpoint, cidr, ip } from './records.ts';

export const FEATURES: IptablesFeatures = { hasSets: true, hasAccounting: true, isTcpBeLiberal: false };

export function aGlobalPlan(fields: Partial<GlobalPlan> = {}): GlobalPlan {
  return {
    masqueradeMark: 0x4000,
    masqueradeAll: false,
    localDetector: { kind: 'source-cidr', cidr: cidr('10.244.0.0/16') },
    nodePortAddresses: { kind: 'all' },
    hasLocalhostNodePorts: true,
    serviceCidrs: [cidr('10.96.0.0/12')],
    nodeAddresses: [],
    ...fields,
  };
}

/** `shop/web:http` over TCP on 10.96.1.1:80 with one endpoint, 10.244.2.1:8080, on another node. */
export function aServicePlan(
  fields: Partial<Omit<ServicePlan, 'name'>> & { readonly name?: Partial<ServicePortName> } = {},
): ServicePlan {
  const name: ServicePortName = {
    namespace: 'shop',
    name: 'web',
    portName: 'http',
    protocol: 'TCP',
    ...fields.name,
  };
  return {
    version: { uid: '', resourceVersion: '', generation: 0 },
    frontends: [aFrontend('10.96.1.1')],
    internal: { policy: 'Cluster', verdict: 'balance' },
    external: { policy: 'Cluster', verdict: 'balance' },
    clusterEndpoints: [aTarget('10.244.2.1')],
    localEndpoints: [],
    allEndpoints: [],
    clusterRule: 'all-ready',
    localRule: 'no-local-policy',
    affinitySeconds: 0,
    allowedSources: undefined,
    healthCheckNodePort: 0,
    ...fields,
    key: servicePortKey(name),
    name,
  };
}

export function aFrontend(address: string, fields: Partial<Frontend> = {}): Frontend {
  return { kind: 'ClusterIP', ip: ip(address), protocol: 'TCP', port: 80, lostTo: undefined, ...fields };
}

export function aNodePort(port: number, fields: Partial<Frontend> = {}): Frontend {
  return { kind: 'NodePort', ip: undefined, protocol: 'TCP', port, lostTo: undefined, ...fields };
}

export function aTarget(address: string, fields: Partial<PlannedEndpoint> = {}): PlannedEndpoint {
  const record = anEndpoint({ ip: ip(address) });
  return {
    ip: ip(address),
    port: 8080,
    record,
    isHairpinPossible: false,
    cluster: 'used',
    local: 'other-node',
    ...fields,
  };
}

export function changeOf(plans: readonly ServicePlan[], fields: Partial<PlanChange> = {}): PlanChange {
  return {
    family: 'IPv4',
    global: undefined,
    services: new Map(plans.map((plan) => [plan.key, plan])),
    ...fields,
  };
}

export function removalOf(keys: readonly ServicePortKey[]): PlanChange {
  return { family: 'IPv4', global: undefined, services: new Map(keys.map((key) => [key, undefined])) };
}

const ANY_COUNT: RuleCounter = {
  *count() {
    yield;
    return 0;
  },
  countOf: () => 0,
  hasChanged: () => false,
};

/** A dataplane over a fake kernel, and the state that sync would own. */
export class TestKernel {
  readonly iptables = new FakeIptables();
  readonly dataplane: IptablesDataplane;
  state: IptablesState | undefined;

  constructor(fields: Partial<IptablesDeps> = {}) {
    this.dataplane = createIptablesDataplane({
      family: 'IPv4',
      variant: 'nft',
      features: FEATURES,
      exec: this.iptables.exec,
      sysctl: { read: () => '1', write: () => {} },
      ruleCounter: ANY_COUNT,
      ...fields,
    });
  }

  get family(): IpFamily {
    return this.dataplane.family;
  }

  async write(change: PlanChange, isComplete = false): Promise<ApplyResult> {
    const state = this.state ?? (await this.dataplane.read());
    const desired = runToEnd(this.dataplane.render(change, state));
    const changes = runToEnd(this.dataplane.diff(state, desired, { isComplete }));
    const nothing: ApplyResult = { ok: true, operations: 0, bytes: 0 };
    const result = changes.isEmpty ? nothing : await this.dataplane.apply(changes);
    this.state = result.ok
      ? runToEnd(this.dataplane.commit(state, desired, changes))
      : await this.dataplane.read(state);
    return result;
  }

  nat = (chain: string): readonly string[] | undefined => this.iptables.rulesOf('nat', chain);
  filter = (chain: string): readonly string[] | undefined => this.iptables.rulesOf('filter', chain);
}
