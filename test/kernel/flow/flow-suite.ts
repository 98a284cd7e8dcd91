// The packet-flow suite: one for every dataplane. Brings up the lab, the API server and a daemon on every node, sends all the
// packets side by side, and reports each case as a test of its own.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allGroups } from './cases/all-groups.ts';
import { allExperiments } from './experiments/all-experiments.ts';
import type { FlowDataplane } from './flow-dataplane.ts';
import { type FlowPlan, type FlowRun, startFlowRun, type Tested } from './flow-run.ts';

/** Far more than it takes: bringing up, all packets, and the end. */
const RUN_TIMEOUT_MS = 300_000;

/** What is tested; everything if not said. */
export type FlowTests = Pick<FlowPlan, 'groups' | 'experiments'>;

/** Defines the suite for a dataplane. All that a new one needs is a file with one call of it. */
export function flowSuite(
  dataplane: FlowDataplane,
  { groups, experiments }: FlowTests = { groups: allGroups(), experiments: allExperiments() },
): void {
  const { skips = [] } = dataplane;
  const fullNames = new Map<Tested, string>([
    ...groups.flatMap((group) =>
      group.cases.map((flowCase): [Tested, string] => [flowCase, `${group.name} ${flowCase.name}`]),
    ),
    ...experiments.map((experiment): [Tested, string] => [experiment, experiment.name]),
  ]);
  const skipOf = (tested: Tested) => skips.find(({ fits }) => fits.test(fullNames.get(tested) ?? ''));

  describe(`packets through ${dataplane.name}`, () => {
    let run: FlowRun | undefined;

    beforeAll(async () => {
      const isSkipped = (tested: Tested) => skipOf(tested) !== undefined;
      run = await startFlowRun(dataplane, { groups, experiments, isSkipped });
      console.log(`${dataplane.name}: ${run.summary}`);
    }, RUN_TIMEOUT_MS);

    afterAll(() => run?.close());

    for (const { name, cases } of groups) {
      describe(name, () => cases.forEach(test));
    }

    experiments.forEach(test);

    it('SCTP', ({ skip }) =>
      skip('this kernel has no SCTP sockets: the rules for it are in the golden files'));

    it.each(skips)('skips something: $reason', ({ fits }) => {
      expect([...fullNames.values()].some((name) => fits.test(name))).toBe(true);
    });

    function test(tested: Tested): void {
      it(tested.name, ({ skip }) => {
        const reason = skipOf(tested)?.reason;
        if (reason) skip(reason);
        expect(run?.problemsOf(tested)).toBe('');
      });
    }
  });
}
