// Who gets what: every probe of the packet-flow suite, traced through the rules and elements that its cluster becomes. The plan's answer
// is held against the suite's own table elsewhere.
import { describe, expect, it } from 'vitest';
import type { Packet } from '../../../../src/plan/packet.ts';
import type { ProxyPlan } from '../../../../src/plan/plan.ts';
import { plannedFates, tracedFates } from '../../../builders/nftables-fates.ts';
import { NftTestKernel } from '../../../builders/nftables-kernel.ts';
import { planFromNothing } from '../../../builders/plans.ts';
import { ip } from '../../../builders/records.ts';
import { NftTable } from '../../../fakes/nft-table.ts';
import { allGroups } from '../../../kernel/flow/cases/all-groups.ts';
import type { FlowProbe } from '../../../kernel/flow/flow-case.ts';
import { clusterSeenBy } from '../../../kernel/flow/planner-view.ts';
import { FAMILIES, isPod, NODES, nodeOfPod } from '../../../kernel/flow/world.ts';

interface Programmed {
  readonly plan: ProxyPlan;
  readonly table: NftTable;
}

const groups = allGroups();
const manifests = groups.flatMap((group) => group.manifests);
const nodes = new Map(
  NODES.flatMap(({ name }) =>
    FAMILIES.map((family): [string, Programmed] => {
      const plan = planFromNothing(clusterSeenBy(name, manifests), family);
      const kernel = new NftTestKernel(new NftTable(family));
      expect(kernel.write(plan, true)).toMatchObject({ ok: true });
      return [`${name} ${family}`, { plan, table: kernel.table }];
    }),
  ),
);

for (const { name, cases } of groups) {
  describe(name, () => {
    for (const flowCase of cases) it(flowCase.name, () => flowCase.probes.forEach(compare));
  });
}

function compare(probe: FlowProbe): void {
  const { from, to, port, protocol, family } = probe;
  const what = `${from.label}, ${from.ips[family]} -> ${to}:${port}/${protocol}`;
  const programmed = nodes.get(`${from.node} ${family}`);
  if (!programmed) throw new Error(`nothing is programmed on ${from.node}`);
  const { plan, table } = programmed;
  const packet = packetOf(probe);
  expect({ what, fates: tracedFates(table, plan, packet) }).toEqual({
    what,
    fates: plannedFates(plan, packet),
  });
}

function packetOf({ from, to, port, protocol, family }: FlowProbe): Packet {
  const isFromNode = from.place === from.node;
  const isOwnPod = !isFromNode && isPod(from.place) && nodeOfPod(from.place) === from.node;
  const link = isOwnPod ? `veth${from.place.split('-')[2]}` : 'eth0';
  return {
    sourceIp: ip(from.ips[family]),
    isFromNode,
    inputInterface: isFromNode ? undefined : link,
    destinationIp: ip(to),
    destinationPort: port,
    protocol,
  };
}
