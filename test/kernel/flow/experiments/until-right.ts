// Waits until the daemons have followed a change.
import type { FlowProbe } from '../flow-case.ts';
import { judge } from '../judge.ts';
import { probeFlow } from '../prober.ts';
import type { FlowBed } from './experiment.ts';

const MAX_WAIT_MS = 20_000;
/**
 * Packets that were sent before the change came are not worth a long wait. But over IPv6 a refusal takes a second: with wires
 * this short it is back while the client is still in connect(2), which forgets it, so that only that of the second SYN counts.
 */
const PATIENCE = { answerTimeoutMs: 2_500, moreConnections: 2 };

/** What is still wrong after a time in which every change should have taken effect; mostly nothing, and soon. */
export async function problemsUntilRight(bed: FlowBed, flows: readonly FlowProbe[]): Promise<string[]> {
  const deadline = performance.now() + MAX_WAIT_MS;
  let problems = await problemsNow(bed, flows);
  while (problems.length > 0 && performance.now() < deadline) problems = await problemsNow(bed, flows);
  return problems;
}

async function problemsNow({ lab }: FlowBed, flows: readonly FlowProbe[]): Promise<string[]> {
  const problems = flows.map(async (flow) => judge(flow, await probeFlow(lab, flow, PATIENCE)));
  return (await Promise.all(problems)).filter((problem) => problem !== undefined);
}
