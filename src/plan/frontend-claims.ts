// Who owns which address and port when several Services want it. A change touches only the claims of the Services that
// changed, so its cost does not depend on how many others there are.
import { objectKey, type ServicePortKey } from '../model/names.ts';
import { flatText } from '../util/flat-text.ts';
import type { Frontend, FrontendConflict, ServicePlan } from './plan.ts';

/** `ip:port/protocol`, or `:port/protocol` for a NodePort. */
export type FrontendKey = string & { readonly brand: 'FrontendKey' };

export interface Claimant {
  readonly service: ServicePortKey;
  readonly isClusterIp: boolean;
  /** Of the Service, in seconds since the epoch. */
  readonly createdAt: number;
}

/** All who want each frontend, the owner first. */
export type FrontendClaims = ReadonlyMap<FrontendKey, readonly Claimant[]>;

/** Claims that are being changed: `changed` hides `base`, which stays as it is. */
export interface ClaimsDraft {
  readonly base: FrontendClaims;
  /** Frontends that nobody wants any more have an empty list. */
  readonly changed: Map<FrontendKey, readonly Claimant[]>;
}

/** A frontend whose owner must be looked at again: it has, or had, more than one claimant. */
export interface Contest {
  readonly frontend: FrontendKey;
  readonly owner: Claimant;
  readonly claimants: readonly Claimant[];
}

export function frontendKey({ ip, port, protocol }: Frontend): FrontendKey {
  return flatText(ip ?? '', ':', String(port), '/', protocol) as FrontendKey;
}

/** Adds the service port to the claimants of all its frontends. */
export function claimFrontends(draft: ClaimsDraft, plan: ServicePlan, createdAt: number): void {
  for (const frontend of plan.frontends) {
    const key = frontendKey(frontend);
    const claimant = { service: plan.key, isClusterIp: frontend.kind === 'ClusterIP', createdAt };
    draft.changed.set(key, insertByPrecedence(claimantsOf(draft, key), claimant));
  }
}

/** Takes the service port off the claimants of all its frontends. */
export function withdrawFrontends(draft: ClaimsDraft, plan: ServicePlan): void {
  for (const frontend of plan.frontends) {
    const key = frontendKey(frontend);
    const others = claimantsOf(draft, key).filter((claimant) => claimant.service !== plan.key);
    draft.changed.set(key, others);
  }
}

/** The changed frontends that more than one service port wants or wanted. */
export function* contests({ base, changed }: ClaimsDraft): Generator<Contest> {
  for (const [frontend, claimants] of changed) {
    const [owner] = claimants;
    const wasContested = (base.get(frontend)?.length ?? 0) > 1;
    if (owner && (claimants.length > 1 || wasContested)) yield { frontend, owner, claimants };
  }
}

/** The plan with its frontends lost or won as `owners` says; the same object if that is how they were. */
export function withOwners(plan: ServicePlan, owners: ReadonlyMap<FrontendKey, ServicePortKey>): ServicePlan {
  const frontends = plan.frontends.map((frontend) => {
    const owner = owners.get(frontendKey(frontend));
    const lostTo = owner === plan.key ? undefined : (owner ?? frontend.lostTo);
    return lostTo === frontend.lostTo ? frontend : { ...frontend, lostTo };
  });
  const hasChanged = frontends.some((frontend, i) => frontend !== plan.frontends[i]);
  return hasChanged ? { ...plan, frontends } : plan;
}

/** What the Events on a Service that lost frontends say. */
export function conflictsOf(plan: ServicePlan): FrontendConflict[] {
  return plan.frontends.flatMap((frontend) => {
    if (!frontend.lostTo) return [];
    const service = objectKey(plan.name.namespace, plan.name.name);
    return [{ frontend, loser: plan.key, winner: frontend.lostTo, service }];
  });
}

function claimantsOf({ base, changed }: ClaimsDraft, key: FrontendKey): readonly Claimant[] {
  return changed.get(key) ?? base.get(key) ?? [];
}

function insertByPrecedence(claimants: readonly Claimant[], claimant: Claimant): readonly Claimant[] {
  const firstAfter = claimants.findIndex((other) => comparePrecedence(claimant, other) < 0);
  return claimants.toSpliced(firstAfter < 0 ? claimants.length : firstAfter, 0, claimant);
}

/** A ClusterIP comes first: it was allocated, while others were only asked for. Then the older Service, then the name. */
function comparePrecedence(a: Claimant, b: Claimant): number {
  if (a.isClusterIp !== b.isClusterIp) return a.isClusterIp ? -1 : 1;
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
  return a.service < b.service ? -1 : 1;
}
