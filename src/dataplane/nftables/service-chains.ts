// What becomes of a new connection: from its destination to the chain that picks an endpoint, and whether it is masqueraded. What
// these chains say of policies and sources is what src/plan/evaluate.ts says.
import type { Chain, Rule } from './chain.ts';
import { fromLocalPod, notFromLocalPod, toNodePortAddress } from './locality.ts';
import { CT_STATUS_TRANSLATED, hasMark, isLocalAddress } from './match.ts';
import { externalChain, MASQUERADING, SERVICES, type Serves, stickyChain } from './names.ts';
import { ADDRESS_FIELDS, frontendKey, PORT, PROTOCOL } from './packet-field.ts';
import { dnatTo, flipMark, inSet, MASQUERADE, ruleOf, setMark, vmap } from './rule.ts';
import type { SkeletonContext } from './skeleton.ts';

export function serviceChains(context: SkeletonContext): readonly Chain[] {
  return [
    servicesChain(context),
    ...[false, true].flatMap((isNodePort) => [
      clusterExternalChain(context, isNodePort),
      localExternalChain(context, isNodePort),
      stickyChainOf(context, { isNodePort, isLocal: false }),
      stickyChainOf(context, { isNodePort, isLocal: true }),
    ]),
    masqueradingChain(context),
  ];
}

/** A frontend with the very address comes before a NodePort. */
function servicesChain(context: SkeletonContext): Chain {
  const { family, global } = context;
  return {
    name: SERVICES,
    comment: 'new connections',
    rules: [
      ...masqueradeInternal(context),
      ruleOf(vmap(frontendKey(family, false), 'frontends')),
      ruleOf(toNodePortAddress(family, global), vmap(frontendKey(family, true), 'frontends')),
    ],
  };
}

function masqueradeInternal({ family, global }: SkeletonContext): readonly Rule[] {
  const toClusterIp = inSet([ADDRESS_FIELDS[family].destination], 'service-cluster-ips');
  const from = global.masqueradeAll ? [] : notFromLocalPod(global.localDetector);
  return from ? [ruleOf(toClusterIp, from, setMark(global.masqueradeMark))] : [];
}

function clusterExternalChain({ family, global }: SkeletonContext, isNodePort: boolean): Chain {
  const pick = vmap(frontendKey(family, isNodePort), 'picks');
  return {
    name: externalChain({ isNodePort, isLocal: false }),
    comment: `${isNodePort ? 'NodePorts' : 'external addresses'}, policy Cluster`,
    rules: [ruleOf(setMark(global.masqueradeMark), pick)],
  };
}

/** Pods of this node, and the node itself, take the short cut to all endpoints. */
function localExternalChain({ family, global }: SkeletonContext, isNodePort: boolean): Chain {
  const key = frontendKey(family, isNodePort);
  const pick = vmap(key, 'picks');
  const fromPod = fromLocalPod(global.localDetector);
  return {
    name: externalChain({ isNodePort, isLocal: true }),
    comment: `${isNodePort ? 'NodePorts' : 'external addresses'}, policy Local`,
    rules: [
      ...(fromPod ? [ruleOf(fromPod, pick)] : []),
      ruleOf(isLocalAddress('source'), setMark(global.masqueradeMark), pick),
      ruleOf(vmap(key, 'local-picks')),
    ],
  };
}

/** Clients are known by the address that they used, of NodePorts too, because that is what can be learned afterwards. */
function stickyChainOf({ family }: SkeletonContext, serves: Serves): Chain {
  const client = [...frontendKey(family, false), ADDRESS_FIELDS[family].source];
  const picks = serves.isLocal ? 'sticky-local-picks' : 'sticky-picks';
  return {
    name: stickyChain(serves),
    comment: 'session affinity: where the client was before, or else a pick',
    rules: [
      ruleOf(dnatTo(family, client, 'clients')),
      ruleOf(vmap(frontendKey(family, serves.isNodePort), picks)),
    ],
  };
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
