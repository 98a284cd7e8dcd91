// What cannot be said as a table of single probes: many clients at a time, the passing of time, changes of objects.
import type { ControlPlane } from '../../../../src/lab/control-plane/control-plane.ts';
import type { Lab } from '../../../../src/lab/lab.ts';
import type { Manifest } from '../manifests.ts';

/** A lab with daemons that have programmed everything. */
export interface FlowBed {
  readonly lab: Lab;
  readonly controlPlane: ControlPlane;
}

export interface FlowExperiment {
  /** A sentence, unique. */
  readonly name: string;
  readonly manifests: readonly Manifest[];
  /** What is wrong, a paragraph each; experiments run side by side. */
  readonly run: (bed: FlowBed) => Promise<readonly string[]>;
}
