// What becomes of a new connection: from its destination to the chain that picks an endpoint, and whether it is masqueraded. What
// these chains say of policies and sources is what src/plan/evaluate.ts says.
//
// Only rules say where to go next; elements say of which frontends. A map of verdicts would need one lookup where up to six sets are asked
// for the size of a frontend, but with each of its elements that changes the kernel looks for loops in the whole table, through each
// element of each such map: a change would cost more the more Services there are.
import type { Chain, Rule } from './chain.ts';
import { fromLocalPod, notFromLocalPod, toNodePortAddress } from './locality.ts';
import { CT_STATUS_TRANSLATED, hasMark, isLocalAddress } from './match.ts';
import { localExternalChain, MASQUERADING, NODE_PORTS, pickStart, SERVICES } from './names.ts';
import { ADDRESS_FIELDS, frontendKey, PORT, PROTOCOL } from './packet-field.ts';
import { pickRules } from './pick-chains.ts';
import { ACCEPT, dnatTo, flipMark, goTo, inSet, MASQUERADE, ruleOf, setMark } from './rule.ts';
import { affinitySet } from './schema.ts';
import type { SkeletonContext } from './skeleton.ts';

export function serviceChains(context: SkeletonContext): readonly Chain[] {
  return [
    servicesChain(context),
    { name: NODE_PORTS, comment: 'new connections to NodePorts', rules: external(context, true) },
    localExternal(context, false),
    localExternal(context, true),
    pick(context, false),
    pick(context, true),
    masqueradingChain(context),
  ];
}

/** ClusterIPs come first because they are most. A frontend with the very address comes before a NodePort. */
function servicesChain(context: SkeletonContext): Chain {
  const { family, global } = context;
  return {
    name: SERVICES,
    comment: 'new connections',
    rules: [
      ...masqueradeInternal(context),
      ruleOf(inSet(frontendKey(family, false), 'internal-frontends'), goTo(pickStart(false))),
      ...external(context, false),
      ruleOf(toNodePortAddress(family, global), goTo(NODE_PORTS)),
    ],
  };
}

function masqueradeInternal({ family, global }: SkeletonContext): readonly Rule[] {
  const toClusterIp = inSet([ADDRESS_FIELDS[family].destination], 'service-cluster-ips');
  const from = global.masqueradeAll ? [] : notFromLocalPod(global.localDetector);
  return from ? [ruleOf(toClusterIp, from, setMark(global.masqueradeMark))] : [];
}

function external({ family, global }: SkeletonContext, isNodePort: boolean): readonly Rule[] {
  const key = frontendKey(family, isNodePort);
  const mark = setMark(global.masqueradeMark);
  return [
    ruleOf(inSet(key, 'cluster-external-frontends'), mark, goTo(pickStart(isNodePort))),
    ruleOf(inSet(key, 'local-external-frontends'), goTo(localExternalChain(isNodePort))),
  ];
}

/** Pods of this node, and the node itself, take the short cut: to all endpoints. */
function localExternal(context: SkeletonContext, isNodePort: boolean): Chain {
  const { family, global } = context;
  const fromPod = fromLocalPod(global.localDetector);
  const toAll = goTo(pickStart(isNodePort));
  return {
    name: localExternalChain(isNodePort),
    comment: `${isNodePort ? 'NodePorts' : 'external addresses'}, policy Local`,
    rules: [
      ...(fromPod ? [ruleOf(fromPod, toAll)] : []),
      ruleOf(isLocalAddress('source'), setMark(global.masqueradeMark), toAll),
      ...goWhereItWasBefore(context, isNodePort),
      ...pickRules(family, { isNodePort, isLocal: true }),
      // Without an endpoint here: not translated, and so refused later.
      ruleOf(ACCEPT),
    ],
  };
}

function pick(context: SkeletonContext, isNodePort: boolean): Chain {
  const sizes = pickRules(context.family, { isNodePort, isLocal: false });
  return {
    name: pickStart(isNodePort),
    comment: `where an endpoint is picked${isNodePort ? ' for a NodePort' : ''}`,
    rules: [...goWhereItWasBefore(context, isNodePort), ...sizes],
  };
}

/** Clients are known by the address that they used, of NodePorts too, because that is what can be learned afterwards. */
function goWhereItWasBefore(
  { family, affinitySeconds }: SkeletonContext,
  isNodePort: boolean,
): readonly Rule[] {
  const client = [...frontendKey(family, false), ADDRESS_FIELDS[family].source];
  return affinitySeconds
    .toSorted((a, b) => a - b)
    .map((seconds) =>
      ruleOf(
        inSet(frontendKey(family, isNodePort), affinitySet(seconds).name),
        dnatTo(family, client, 'clients'),
      ),
    );
}

/** The mark is taken off: a packet that comes by again, in a tunnel, must not be masqueraded again. */
function masqueradingChain({ family, global }: SkeletonContext): Chain {
  const { source, destination } = ADDRESS_FIELDS[family];
  const toItself = inSet([source, destination, PROTOCOL, PORT], 'hairpin-endpoints');
  const mark = global.masqueradeMark;
  return {
    name: MASQUERADING,
    rules: [
      ruleOf(hasMark(mark), flipMark(mark), MASQUERADE),
      ruleOf(CT_STATUS_TRANSLATED, toItself, MASQUERADE),
    ],
  };
}
