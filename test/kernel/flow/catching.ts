// The cases of the table that must notice faults, and what they say.
import type { Lab } from '../../../src/lab/lab.ts';
import { allGroups } from './cases/all-groups.ts';
import type { FlowCase, FlowGroup, FlowProbe } from './flow-case.ts';
import { judge } from './judge.ts';
import type { Manifest } from './manifests.ts';
import { probeFlow } from './prober.ts';
import type { NodeName } from './world.ts';

/** A fault that is only there to be caught. */
export interface CaughtFault {
  /** Completes "a planner that …", or "a renderer that …". */
  readonly name: string;
  /** The group, and how the case begins. */
  readonly caughtBy: readonly [group: string, flowCase: string];
  /** What the case has to say about it. */
  readonly symptom: RegExp;
}

export interface CatchingCase {
  /** What the probes need, and no more: what other Services share with theirs may hide a fault. */
  readonly manifests: readonly Manifest[];
  /** IPv4 only: the faults are not of a family. */
  readonly probes: readonly FlowProbe[];
  /** Those whose rules the probes meet. */
  readonly nodes: readonly NodeName[];
}

export interface Catch<Fault> extends CatchingCase {
  readonly name: string;
  readonly fault: Fault;
}

export interface Catching<Fault> {
  /** In the order of the faults. */
  readonly catches: readonly Catch<Fault>[];
  /** All cases at once. */
  readonly all: CatchingCase;
}

export function catching<Fault extends CaughtFault>(faults: readonly Fault[]): Catching<Fault> {
  const groups = allGroups();
  const found = faults.map((fault) => caseThatCatches(fault, groups));
  return {
    catches: faults.map((fault, i) => ({ name: fault.name, fault, ...together(found.slice(i, i + 1)) })),
    all: together(found),
  };
}

/** An answer may never come; and who must not be reached but is one of seven is missed once in ten thousand times. */
const PATIENCE = { answerTimeoutMs: 2_000, moreConnections: 60 };

/** What is wrong, in lines; empty if nothing is. */
export async function problemsOf(lab: Lab, { probes }: CatchingCase): Promise<string> {
  const problems = probes.map(async (probe) => judge(probe, await probeFlow(lab, probe, PATIENCE)));
  return (await Promise.all(problems)).filter((problem) => problem !== undefined).join('\n');
}

interface Found {
  readonly group: FlowGroup;
  readonly flowCase: FlowCase;
}

function caseThatCatches(
  { name, caughtBy: [groupName, beginning] }: CaughtFault,
  groups: readonly FlowGroup[],
): Found {
  const group = groups.find((candidate) => candidate.name === groupName);
  const flowCase = group?.cases.find((candidate) => candidate.name.startsWith(beginning));
  if (!group || !flowCase) throw new Error(`no case to catch one that ${name}`);
  return { group, flowCase };
}

function together(found: readonly Found[]): CatchingCase {
  const groups = new Set(found.map(({ group }) => group));
  const flowCases = new Set(found.map(({ flowCase }) => flowCase));
  const probes = [...flowCases]
    .flatMap((flowCase) => flowCase.probes)
    .filter(({ family }) => family === 'IPv4');
  return {
    manifests: [...groups].flatMap(({ manifests }) => manifests),
    probes,
    nodes: [...new Set(probes.map(({ from }) => from.node))],
  };
}
