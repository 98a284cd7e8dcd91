// All experiments.
import { affinityExperiments } from './affinity.ts';
import { changesExperiment } from './changes.ts';
import { evennessExperiments } from './evenness.ts';
import type { FlowExperiment } from './experiment.ts';
import { takeoverExperiment } from './takeover.ts';

export function allExperiments(): FlowExperiment[] {
  return [...affinityExperiments(), takeoverExperiment(), changesExperiment(), ...evennessExperiments()];
}
