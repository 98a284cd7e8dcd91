// The packet-flow suite notices what it is there for: each planner with a fault fails a case, through planner, dataplane and
// kernel, and without a fault none of these cases fails. IPv4 only: the faults are not of a family.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab } from '../../../src/lab/lab.ts';
import { allGroups } from './cases/all-groups.ts';
import { DirectDrive, openIptables } from './direct-drive.ts';
import type { FlowCase, FlowProbe } from './flow-case.ts';
import { startFlowLab } from './flow-lab.ts';
import { judge } from './judge.ts';
import { probeFlow } from './prober.ts';
import { SEEDED_FAULTS, type SeededFault } from './seeded-faults.ts';
import type { NodeName } from './world.ts';

/** Of an answer that may never come. */
const ANSWER_TIMEOUT_MS = 2_000;

const groups = allGroups().filter(({ name }) =>
  SEEDED_FAULTS.some(({ caughtBy: [group] }) => group === name),
);
const manifests = groups.flatMap((group) => group.manifests);
const cases = new Map(SEEDED_FAULTS.map((fault): [SeededFault, FlowCase] => [fault, caseThatCatches(fault)]));

describe('the packet-flow suite', () => {
  let lab: Lab;
  let drive: DirectDrive;

  beforeAll(async () => {
    lab = await startFlowLab();
    drive = new DirectDrive(lab, openIptables('legacy'), 'IPv4');
    await drive.program(nodesOf([...cases.values()]), manifests);
  });

  afterAll(() => lab?.close());

  it('finds nothing wrong without a fault', async () => {
    const probes = [...new Set(cases.values())].flatMap(probesOf);
    expect(await problemsOf(probes)).toBe('');
  });

  for (const fault of SEEDED_FAULTS) {
    it(`catches a planner that ${fault.name}`, async () => {
      const flowCase = caseThatCatches(fault);
      const nodes = nodesOf([flowCase]);
      await drive.program(nodes, manifests, fault);
      const problems = await problemsOf(probesOf(flowCase));
      await drive.program(nodes, manifests);
      expect(problems).toMatch(fault.symptom);
    });
  }

  async function problemsOf(probes: readonly FlowProbe[]): Promise<string> {
    const problems = probes.map(async (probe) =>
      judge(probe, await probeFlow(lab, probe, ANSWER_TIMEOUT_MS)),
    );
    return (await Promise.all(problems)).filter((problem) => problem !== undefined).join('\n');
  }
});

function caseThatCatches({ name, caughtBy: [groupName, beginning] }: SeededFault): FlowCase {
  const group = groups.find((candidate) => candidate.name === groupName);
  const flowCase = group?.cases.find((candidate) => candidate.name.startsWith(beginning));
  if (!flowCase) throw new Error(`no case to catch a planner that ${name}`);
  return flowCase;
}

function probesOf({ probes }: FlowCase): FlowProbe[] {
  return probes.filter(({ family }) => family === 'IPv4');
}

function nodesOf(flowCases: readonly FlowCase[]): NodeName[] {
  return [...new Set(flowCases.flatMap(({ probes }) => probes.map(({ from }) => from.node)))];
}
