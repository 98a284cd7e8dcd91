// The packet-flow suite notices what it is there for: each planner with a fault fails a case, through planner, dataplane and
// kernel, and without a fault none of these cases fails. IPv4 only: the faults are not of a family.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab } from '../../../src/lab/lab.ts';
import { catching, problemsOf } from './catching.ts';
import { DirectDrive } from './direct-drive.ts';
import { startFlowLab } from './flow-lab.ts';
import { openIptables, openNftables } from './open-kernel.ts';
import { SEEDED_FAULTS } from './seeded-faults.ts';

const DATAPLANES = [
  { name: 'iptables legacy', open: openIptables('legacy'), faults: SEEDED_FAULTS },
  {
    name: 'nftables',
    open: openNftables(),
    faults: SEEDED_FAULTS.filter(({ isOfIptables }) => !isOfIptables),
  },
];

describe.each(DATAPLANES)('the packet-flow suite on $name', ({ open, faults }) => {
  const { catches, all } = catching(faults);
  let lab: Lab;
  let drive: DirectDrive;

  beforeAll(async () => {
    lab = await startFlowLab();
    drive = new DirectDrive(lab, open, 'IPv4');
    await drive.program(all.nodes, all.manifests);
  });

  afterAll(() => lab?.close());

  it('finds nothing wrong without a fault', async () => {
    expect(await problemsOf(lab, all)).toBe('');
  });

  it.each(catches)('catches a planner that $name', async ({ fault, ...flowCase }) => {
    const { nodes, manifests } = flowCase;
    await drive.program(nodes, manifests, fault);
    const problems = await problemsOf(lab, flowCase);
    await drive.program(nodes, manifests);
    expect(problems).toMatch(fault.symptom);
  });
});
