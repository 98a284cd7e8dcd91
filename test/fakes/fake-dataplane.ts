// A dataplane on a kernel that is a Map: what sync sees of the real ones, with faults to order.
import type { ApplyResult, Dataplane, Touch } from '../../src/dataplane/dataplane.ts';
import type { IpFamily } from '../../src/model/ip.ts';
import type { ServicePortKey } from '../../src/model/names.ts';
import type { PlanChange, ServicePlan } from '../../src/plan/plan.ts';
import type { Cooperative } from '../../src/util/cooperate.ts';

/** What is programmed for each service port, as text: its endpoints, and the frontends that another one has. */
export type Programmed = Map<ServicePortKey, string>;
type Desired = ReadonlyMap<ServicePortKey, string | undefined>;

export interface FakeChangeSet {
  readonly isEmpty: boolean;
  readonly writes: Desired;
}

export class FakeDataplane implements Dataplane<Programmed, Desired, FakeChangeSet> {
  readonly family: IpFamily = 'IPv4';
  readonly kernel: Programmed = new Map();
  /** Each transaction that was tried: the keys that it wrote. */
  readonly transactions: ServicePortKey[][] = [];
  readonly refused = new Set<ServicePortKey>();
  /** Refusals name the service ports at fault. */
  namesSuspects = true;
  /** The next results of apply, before anything else is looked at. */
  readonly nextFailures: Extract<ApplyResult, { ok: false }>[] = [];
  /** Called with each apply: time may pass, changes may arrive. */
  onApply: () => void = () => {};
  /** Says that somebody changed the kernel, to whoever watches. */
  touch: (touch: Touch) => void = () => {};
  reads = 0;
  isReadable = true;

  async read(): Promise<Programmed> {
    this.reads++;
    if (!this.isReadable) throw new Error('the kernel does not answer');
    return new Map(this.kernel);
  }

  *render(change: PlanChange): Cooperative<Desired> {
    return new Map(Array.from(change.services, ([key, plan]) => [key, plan && textOf(plan)]));
  }

  *diff(
    state: Programmed,
    desired: Desired,
    { isComplete }: { readonly isComplete: boolean },
  ): Cooperative<FakeChangeSet> {
    const writes = new Map(Array.from(desired).filter(([key, text]) => state.get(key) !== text));
    const surplus = isComplete ? [...state.keys()].filter((key) => !desired.has(key)) : [];
    for (const key of surplus) writes.set(key, undefined);
    return { isEmpty: writes.size === 0, writes };
  }

  async apply({ writes }: FakeChangeSet): Promise<ApplyResult> {
    this.transactions.push([...writes.keys()]);
    this.onApply();
    const failure = this.nextFailures.shift();
    if (failure) return failure;
    const bad = [...writes.keys()].filter((key) => this.refused.has(key) && writes.get(key) !== undefined);
    if (bad.length > 0)
      return { ok: false, error: 'refused', suspects: this.namesSuspects ? bad : [], isTransient: false };
    write(this.kernel, writes);
    return { ok: true, operations: writes.size, bytes: writes.size * 100 };
  }

  *commit(state: Programmed, _desired: Desired, { writes }: FakeChangeSet): Cooperative<Programmed> {
    write(state, writes);
    yield;
    return state;
  }

  async isUntouched(state: Programmed): Promise<boolean> {
    return state.size === this.kernel.size;
  }

  watch(onTouched: (touch: Touch) => void): () => void {
    this.touch = onTouched;
    return () => {
      this.touch = () => {};
    };
  }

  size(state: Programmed) {
    return { servicePorts: state.size };
  }
}

function write(kernel: Programmed, writes: Desired): void {
  for (const [key, text] of writes) {
    if (text === undefined) kernel.delete(key);
    else kernel.set(key, text);
  }
}

function textOf({ clusterEndpoints, frontends }: ServicePlan): string {
  const lost = frontends.filter(({ lostTo }) => lostTo).map(({ ip }) => ` without ${ip}`);
  return clusterEndpoints.map(({ ip, port }) => `${ip}:${port}`).join(' ') + lost.join('');
}
