// What becomes of a new connection: from its destination to the chain that picks an endpoint, and whether it is masqueraded. What
// these chains say of policies and sources is what src/plan/evaluate.ts says.
//
// Only rules say where to go next; elements say of which frontends. A map of verdicts would need one lookup where up to six sets are asked
// for the size of a frontend, but with each of its elements that changes the kernel looks for loops in the whole table, through each
// element of each such map: a change would cost more the more Services there are.
import type { Chain, Rule } from './chain.ts';
import { fromLocalPod, notFromLocalPod, toNodePortAddress } from './locality.ts';
import { CT_STATUS_TRANSLATED, hasMark, isLocalAddress } from './match.ts';
import { localExternalChain, MASQUERADING, NODE_PORTS, PICK, SERVICES, TREAT } from './names.ts';
import { ADDRESS_FIELDS, frontendKey, PORT, PROTOCOL } from './packet-field.ts';
import { pickRules } from './pick-chains.ts';
import { ACCEPT, dnatTo, flipMark, goTo, inSet, jump, MASQUERADE, RETURN, ruleOf, setMark } from './rule.ts';
import { affinitySet } from './schema.ts';
import type { SkeletonContext } from './skeleton.ts';

export function serviceChains(context: SkeletonContext): readonly Chain[] {
  const sizes = (isNodePort: boolean) => pickRules(context.family, { isNodePort, isLocal: false });
  return [
    servicesChain(context),
    { name: PICK, comment: 'where an endpoint is picked', rules: sizes(false) },
    {
      name: TREAT,
      comment: 'new connections that need more than a pick',
      rules: [...treat(context, false), ruleOf(goTo(PICK))],
    },
    {
      name: NODE_PORTS,
      comment: 'new connections to NodePorts',
      rules: [...treat(context, true), ...sizes(true)],
    },
    localExternal(context, false),
    localExternal(context, true),
    masqueradingChain(context),
  ];
}

/** ClusterIPs without affinity come first because they are most. A frontend with the very address comes before a NodePort. */
function servicesChain(context: SkeletonContext): Chain {
  const { family, global } = context;
  const key = frontendKey(family, false);
  return {
    name: SERVICES,
    comment: 'new connections',
    rules: [
      ...masqueradeInternal(context),
      ruleOf(inSet(key, 'plain-frontends'), goTo(PICK)),
      ruleOf(inSet(key, 'treated-frontends'), goTo(TREAT)),
      ruleOf(toNodePortAddress(family, global), goTo(NODE_PORTS)),
    ],
  };
}

function masqueradeInternal({ family, global }: SkeletonContext): readonly Rule[] {
  const toClusterIp = inSet([ADDRESS_FIELDS[family].destination], 'service-cluster-ips');
  const from = global.masqueradeAll ? [] : notFromLocalPod(global.localDetector);
  return from ? [ruleOf(toClusterIp, from, setMark(global.masqueradeMark))] : [];
}

/** What the outside may use is marked or gets local endpoints; who has affinity goes where it went before. */
function treat(context: SkeletonContext, isNodePort: boolean): readonly Rule[] {
  const key = frontendKey(context.family, isNodePort);
  return [
    ruleOf(inSet(key, 'cluster-external-frontends'), setMark(context.global.masqueradeMark)),
    ruleOf(inSet(key, 'local-external-frontends'), jump(localExternalChain(isNodePort))),
    ...goWhereItWasBefore(context, isNodePort),
  ];
}

/** Pods of this node, and the node itself, take the short cut: back, to all endpoints. */
function localExternal(context: SkeletonContext, isNodePort: boolean): Chain {
  const { family, global } = context;
  const fromPod = fromLocalPod(global.localDetector);
  return {
    name: localExternalChain(isNodePort),
    comment: `${isNodePort ? 'NodePorts' : 'external addresses'}, policy Local`,
    rules: [
      ...(fromPod ? [ruleOf(fromPod, RETURN)] : []),
      ruleOf(isLocalAddress('source'), setMark(global.masqueradeMark), RETURN),
      ...goWhereItWasBefore(context, isNodePort),
      ...pickRules(family, { isNodePort, isLocal: true }),
      // Without an endpoint here: not translated, and so refused later.
      ruleOf(ACCEPT),
    ],
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
