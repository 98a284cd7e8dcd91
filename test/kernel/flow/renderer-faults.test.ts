// The packet-flow suite notices a renderer of nftables with a fault: each fails a case, through the real planner and kernel.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NftablesDataplane } from '../../../src/dataplane/nftables/nftables-dataplane.ts';
import type { NftablesChangeSet } from '../../../src/dataplane/nftables/state.ts';
import type { Lab } from '../../../src/lab/lab.ts';
import { type CatchingCase, catching, problemsOf } from './catching.ts';
import { DirectDrive } from './direct-drive.ts';
import { startFlowLab } from './flow-lab.ts';
import { openNftables } from './open-kernel.ts';
import { RENDERER_FAULTS, type RendererFault } from './renderer-faults.ts';

const { catches, all } = catching(RENDERER_FAULTS);

describe('the packet-flow suite', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startFlowLab();
    await program(all);
  });

  afterAll(() => lab?.close());

  it('finds nothing wrong without a fault', async () => {
    expect(await problemsOf(lab, all)).toBe('');
  });

  it.each(catches)('catches a renderer that $name', async ({ fault, ...flowCase }) => {
    await program(flowCase, fault);
    const problems = await problemsOf(lab, flowCase);
    await program(flowCase);
    expect(problems).toMatch(fault.symptom);
  });

  /** From nothing, so that everything is written. */
  async function program({ nodes, manifests }: CatchingCase, fault?: RendererFault): Promise<void> {
    await Promise.all(nodes.map((node) => lab.node(node).exec('nft', ['flush', 'ruleset'])));
    const open = openNftables((dataplane) => (fault ? withFault(dataplane, fault) : dataplane));
    await new DirectDrive(lab, open, 'IPv4').program(nodes, manifests);
  }
});

function withFault(dataplane: NftablesDataplane, fault: RendererFault): NftablesDataplane {
  return { ...dataplane, apply: (changes) => dataplane.apply(spoiled(changes, fault)) };
}

function spoiled(changes: NftablesChangeSet, fault: RendererFault): NftablesChangeSet {
  const { element = (same) => same, chain = (same) => same } = fault;
  const elements = Array.from(changes.elements, ({ owner, deletes, adds }) => ({
    owner,
    deletes,
    adds: adds.flatMap((added) => element(added) ?? []),
  }));
  return { ...changes, elements, chains: changes.chains.map(chain) };
}
