// The scene of the killed pod: while new connections keep coming, a pod is deleted as a rollout would do it. First its
// endpoint is taken out, then, after the grace that real pods have too, it is killed.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt } from '../traffic/probe.ts';
import { nowMs } from '../traffic/probe.ts';
import { tally } from '../traffic/tally.ts';
import { clusterIpsOf, type DemoCluster, WEB_PODS } from './demo-cluster.ts';
import { bar, dim, heading, ms, type Print, table, verdict } from './screen.ts';

const VICTIM = 'web-2';
const BEFORE_MS = 600;
const GRACE_MS = 1_000;
const AFTER_MS = 600;
const STEP_MS = 200;
const BAR_LENGTH = 16;
/** Half a grace period of the demo: a proxy that takes longer would lose connections. */
const MAX_LAG_MS = GRACE_MS / 2;

/** Returns whether the pod was let go in time and no connection failed. */
export async function playFarewell(cluster: DemoCluster, print: Print): Promise<boolean> {
  print(heading(`${VICTIM} is deleted while new connections keep coming, some 400 a second.`));
  const { attempts, changedAtMs } = await deleteUnderLoad(cluster);
  for (const line of timeline(attempts, changedAtMs)) print(line);
  const lastChosenMs = Math.max(0, ...answersOf(attempts, VICTIM).map((at) => at - changedAtMs));
  const { answeredBy, errors } = tally(attempts);
  const failedCount = Object.values(errors).reduce((sum, count) => sum + count, 0);
  const wasChosenBefore = (answeredBy[VICTIM] ?? 0) > 0;
  const isRight = wasChosenBefore && lastChosenMs <= MAX_LAG_MS && failedCount === 0;
  print(
    `  ${VICTIM} was last chosen ${ms(lastChosenMs)} after the change; ` +
      `${failedCount} of ${attempts.length} connections failed  ${verdict(isRight)}`,
  );
  return isRight;
}

async function deleteUnderLoad({ lab, controlPlane }: DemoCluster) {
  const [to = ''] = clusterIpsOf(controlPlane, 'web');
  const loop = await lab.pod('shell').loop({ to, port: 80, everyMs: 2 });
  await sleep(BEFORE_MS);
  const changedAtMs = nowMs();
  controlPlane.endpointSlices.markTerminating('default', VICTIM);
  await sleep(GRACE_MS);
  await lab.killPod(VICTIM);
  controlPlane.endpointSlices.removePod('default', VICTIM);
  await sleep(AFTER_MS);
  const { attempts } = await loop.stop();
  return { attempts, changedAtMs };
}

function timeline(attempts: readonly Attempt[], changedAtMs: number): string[] {
  const names = WEB_PODS.map(({ name }) => name);
  const steps = Map.groupBy(attempts, ({ startedAtMs }) => Math.floor((startedAtMs - changedAtMs) / STEP_MS));
  const rows = [...steps]
    // The first step may be a short one, in which a share means nothing.
    .filter(([step]) => step * STEP_MS >= -BEFORE_MS)
    .sort(([a], [b]) => a - b)
    .map(([step, inStep]) => [
      `${step * STEP_MS} ms`.padStart(9),
      ...names.map((name) => bar(answersOf(inStep, name).length / inStep.length, BAR_LENGTH)),
    ]);
  return table([['', ...names].map(dim), ...rows]);
}

/** When the connections started that the pod answered. */
function answersOf(attempts: readonly Attempt[], name: string): number[] {
  return attempts
    .filter((attempt) => attempt.ok && attempt.answer.name === name)
    .map(({ startedAtMs }) => startedAtMs);
}
