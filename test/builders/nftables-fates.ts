// What the plan says of a packet and what the rules and elements of nftables do with it, in the same words.
import type { Packed } from '../../src/dataplane/nftables/element.ts';
import { packEndpoint } from '../../src/dataplane/nftables/slots.ts';
import { type Evaluation, evaluate } from '../../src/plan/evaluate.ts';
import type { Packet } from '../../src/plan/packet.ts';
import type { PlannedEndpoint, ProxyPlan } from '../../src/plan/plan.ts';
import { type TracedTable, traceNft } from '../fakes/nft-tracer.ts';

/** One for each possibility, sorted: a verdict, or an endpoint and whether it sees the node's address for the client's. */
export type Fates = readonly string[];

export function plannedFates(plan: ProxyPlan, packet: Packet): Fates {
  const evaluation = evaluate(plan, packet);
  if (evaluation.verdict === 'not-ours') return ['pass'];
  if (evaluation.verdict !== 'balance') return [evaluation.verdict];
  const texts = evaluation.endpoints.map((endpoint) =>
    fateText(packEndpoint(endpoint), isMasqueraded(plan, packet, { evaluation, endpoint })),
  );
  return [...new Set(texts)].sort();
}

export function tracedFates(table: TracedTable, plan: ProxyPlan, packet: Packet): Fates {
  const fates = traceNft(table, packet, plan.global.nodeAddresses);
  const texts = fates.map(({ end, endpoint, isMasqueraded }) =>
    end === 'pass' && endpoint !== undefined ? fateText(endpoint, isMasqueraded) : end,
  );
  return [...new Set(texts)].sort();
}

function isMasqueraded(
  { global }: ProxyPlan,
  { sourceIp, isFromNode }: Packet,
  choice: { readonly evaluation: Evaluation & { verdict: 'balance' }; readonly endpoint: PlannedEndpoint },
): boolean {
  const { when } = choice.evaluation.masquerade;
  const { ip, isHairpinPossible } = choice.endpoint;
  // Packets to the node itself never pass postrouting, where masquerading happens.
  if (global.nodeAddresses.includes(ip) && !isFromNode) return false;
  return when === 'always' || (when === 'hairpin' && isHairpinPossible && ip === sourceIp);
}

function fateText(endpoint: Packed, isMasqueraded: boolean): string {
  const bytes = Buffer.from(endpoint, 'latin1');
  const port = bytes.readUInt16BE(bytes.length - 4);
  return `${bytes.subarray(0, -4).toString('hex')} ${port}${isMasqueraded ? ', masqueraded' : ''}`;
}
