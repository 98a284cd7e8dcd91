// The table of the packet-flow suite and the planner say the same. They are two statements of one specification, made
// independently: where they differ, one of them is wrong, before any packet flows.
import { describe, expect, it } from 'vitest';
import { type Evaluation, evaluate } from '../../src/plan/evaluate.ts';
import type { ProxyPlan } from '../../src/plan/plan.ts';
import { planFromNothing } from '../builders/plans.ts';
import { ip } from '../builders/records.ts';
import { allGroups } from '../kernel/flow/cases/all-groups.ts';
import { type EndpointName, ipOf, portOf } from '../kernel/flow/expectation.ts';
import type { FlowProbe } from '../kernel/flow/flow-case.ts';
import { clusterSeenBy } from '../kernel/flow/planner-view.ts';
import { FAMILIES, isPod, NODES, nodeIps, nodeOfPod } from '../kernel/flow/world.ts';

const groups = allGroups();
const manifests = groups.flatMap((group) => group.manifests);
const plans = new Map(
  NODES.flatMap(({ name }) =>
    FAMILIES.map((family): [string, ProxyPlan] => [
      `${name} ${family}`,
      planFromNothing(clusterSeenBy(name, manifests), family),
    ]),
  ),
);

it('names every object once', () => {
  const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`);
  expect(names.length).toBe(new Set(names).size);
});

it('names every case of a group once', () => {
  const names = groups.flatMap(({ name, cases }) => cases.map((flowCase) => `${name} ${flowCase.name}`));
  expect(names.length).toBe(new Set(names).size);
});

for (const { name, cases } of groups) {
  describe(name, () => {
    for (const flowCase of cases) it(flowCase.name, () => flowCase.probes.forEach(compare));
  });
}

function compare(probe: FlowProbe): void {
  const { from, to, port, protocol, family } = probe;
  const what = `${from.label}, ${from.ips[family]} -> ${to}:${port}/${protocol}`;
  expect({ what, ...planned(probe) }).toEqual({ what, ...wanted(probe) });
}

/** What both statements are brought to: who answers, with what source, or the verdict. */
interface Outcome {
  readonly verdict: string;
  readonly answers: Readonly<Record<string, string>>;
}

function planned(probe: FlowProbe): Outcome {
  const { from, to, port, protocol, family } = probe;
  const plan = plans.get(`${from.node} ${family}`);
  if (!plan) throw new Error(`no plan for ${from.node}`);
  const evaluation = evaluate(plan, {
    sourceIp: ip(from.ips[family]),
    isFromNode: from.place === from.node,
    inputInterface: inputInterfaceOf(probe),
    destinationIp: ip(to),
    destinationPort: port,
    protocol,
  });
  const answers = evaluation.verdict === 'balance' ? answersOf(probe, evaluation) : {};
  return { verdict: evaluation.verdict, answers };
}

function inputInterfaceOf({ from: { place, node } }: FlowProbe): string | undefined {
  if (place === node) return undefined;
  const isOwnPod = isPod(place) && nodeOfPod(place) === node;
  return isOwnPod ? `veth${place.split('-')[2]}` : 'eth0';
}

function answersOf({ from, family }: FlowProbe, evaluation: Evaluation & { verdict: 'balance' }) {
  const sourceIp = from.ips[family];
  const nodeIp = nodeIps(from.node)[family];
  return Object.fromEntries(
    evaluation.endpoints.map((endpoint) => {
      const isHairpin = endpoint.isHairpinPossible && endpoint.ip === sourceIp;
      const isMasqueraded =
        evaluation.masquerade.when === 'always' || (evaluation.masquerade.when === 'hairpin' && isHairpin);
      // Packets to the node itself never pass POSTROUTING, where masquerading happens.
      const isHere = endpoint.ip === nodeIp && from.place !== from.node;
      return [`${endpoint.ip} ${endpoint.port}`, isMasqueraded && !isHere ? nodeIp : sourceIp];
    }),
  );
}

const VERDICTS = { answered: 'balance', rejected: 'reject', dropped: 'drop', untouched: 'not-ours' } as const;

function wanted({ family, expected }: FlowProbe): Outcome {
  const answers = expected.kind === 'answered' ? [...expected.answers] : [];
  const ipAndPort = (endpoint: EndpointName) => `${ipOf(endpoint, family)} ${portOf(endpoint)}`;
  return {
    verdict: VERDICTS[expected.kind],
    answers: Object.fromEntries(answers.map(([endpoint, source]) => [ipAndPort(endpoint), source])),
  };
}
