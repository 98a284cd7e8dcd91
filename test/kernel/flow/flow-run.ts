// One run of the suite: all probes and experiments in a lab with real daemons, and what came of them.
import { bringUp, type FlowCluster } from './bring-up.ts';
import type { FlowExperiment } from './experiments/experiment.ts';
import type { FlowCase, FlowGroup, FlowProbe } from './flow-case.ts';
import type { FlowDataplane } from './flow-dataplane.ts';
import { judge } from './judge.ts';
import { inPool } from './pool.ts';
import { type Observation, probeFlows } from './prober.ts';

export type Tested = FlowCase | FlowExperiment;

export interface FlowPlan {
  readonly groups: readonly FlowGroup[];
  readonly experiments: readonly FlowExperiment[];
  readonly isSkipped: (tested: Tested) => boolean;
}

export interface FlowRun {
  /** In one line, for people. */
  readonly summary: string;
  /** What is wrong, with the last words of the daemons that it may be due to; empty if nothing is. */
  problemsOf(tested: Tested): string;
  /** Removes the lab. */
  close(): Promise<void>;
}

/** Brings up the lab and makes the run. */
export async function startFlowRun(dataplane: FlowDataplane, plan: FlowPlan): Promise<FlowRun> {
  const startedAtMs = performance.now();
  const seconds = () => ((performance.now() - startedAtMs) / 1000).toFixed(1);
  const { groups, experiments, isSkipped } = plan;
  const cluster = await bringUp(
    dataplane,
    [...groups, ...experiments].flatMap(({ manifests }) => manifests),
  );
  const readyAfter = seconds();
  const cases = groups.flatMap((group) => group.cases).filter((flowCase) => !isSkipped(flowCase));
  const observations = await probeFlows(
    cluster.lab,
    cases.flatMap(({ probes }) => probes),
  );
  const problems = new Map([
    ...inCases(cluster, cases, observations),
    ...(await inExperiments(
      cluster,
      experiments.filter((experiment) => !isSkipped(experiment)),
    )),
  ]);
  const connections = [...observations.values()].flatMap(({ answers, errors }) => [
    ...answers,
    ...errors,
  ]).length;
  return {
    summary: `${cases.length} cases, ${connections} connections; ready after ${readyAfter} s, done after ${seconds()} s`,
    problemsOf: (tested) => problems.get(tested) ?? '',
    close: () => cluster.lab.close(),
  };
}

type Problem = [Tested, string];

function inCases(
  cluster: FlowCluster,
  cases: readonly FlowCase[],
  observations: ReadonlyMap<FlowProbe, Observation>,
): Problem[] {
  return cases.flatMap((flowCase): Problem[] => {
    const wrong = flowCase.probes.filter((probe) => judge(probe, observations.get(probe)));
    if (wrong.length === 0) return [];
    const texts = wrong.map((probe) => judge(probe, observations.get(probe)));
    return [[flowCase, [...texts, ...lastWords(cluster, wrong)].join('\n')]];
  });
}

/** Most of them wait more than they send. */
const EXPERIMENTS_AT_A_TIME = 4;

function inExperiments(cluster: FlowCluster, experiments: readonly FlowExperiment[]): Promise<Problem[]> {
  return inPool(experiments, EXPERIMENTS_AT_A_TIME, async (experiment) => [
    experiment,
    (await experiment.run(cluster)).join('\n'),
  ]);
}

function lastWords({ daemons }: FlowCluster, wrong: readonly FlowProbe[]): string[] {
  const nodes = new Set<string>(wrong.map(({ from }) => from.node));
  return daemons
    .filter(({ nodeName }) => nodes.has(nodeName))
    .map((daemon) => `the daemon of ${daemon.nodeName} said last:\n${daemon.lastLines()}`);
}
