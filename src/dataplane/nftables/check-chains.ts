// What becomes of new connections after nat. Translated ones may be learned by session affinity. Refused are those to frontends without
// endpoints, to unknown ports of ClusterIPs and to ClusterIPs that no Service has: only what was not translated still has such a
// destination.
import type { Chain, Rule } from './chain.ts';
import { toNodePortAddress } from './locality.ts';
import { CT_STATUS_TRANSLATED } from './match.ts';
import { CHECK_INPUT, CHECK_OUTPUT, LEARNING, REJECTING } from './names.ts';
import { ADDRESS_FIELDS, frontendKey, type Key } from './packet-field.ts';
import { COUNTER, DROP, goTo, inSet, jump, REJECT, type RulePart, ruleOf } from './rule.ts';
import type { SkeletonContext } from './skeleton.ts';

export function checkChains(context: SkeletonContext): readonly Chain[] {
  return [
    { name: CHECK_INPUT, comment: 'new connections to this node', rules: checkInput(context) },
    { name: CHECK_OUTPUT, comment: 'new connections that leave this node', rules: checkOutput(context) },
    { name: REJECTING, rules: [ruleOf(COUNTER, REJECT)] },
  ];
}

/** Endpoints with the node's own address are delivered here: what comes from outside to them is neither forwarded nor sent. */
function checkInput(context: SkeletonContext): readonly Rule[] {
  const { family, global } = context;
  return [
    ...learnTranslated(context),
    ...refuse(frontendKey(family, false)),
    ...refuse(frontendKey(family, true), toNodePortAddress(family, global)),
  ];
}

function checkOutput(context: SkeletonContext): readonly Rule[] {
  const { family } = context;
  const { destination } = ADDRESS_FIELDS[family];
  return [
    ...learnTranslated(context),
    ...refuse(frontendKey(family, false)),
    // Its own connections to unknown ports: those that are known have left through nat.
    ruleOf(inSet([destination], 'service-cluster-ips'), goTo(REJECTING)),
    ruleOf(inSet([destination], 'service-cidrs'), COUNTER, DROP),
  ];
}

/** What else has to hold is asked last: of most connections it is never asked. */
function refuse(key: Key, ...conditions: readonly RulePart[]): readonly Rule[] {
  return [
    ruleOf(inSet(key, 'rejected-frontends'), ...conditions, goTo(REJECTING)),
    ruleOf(inSet(key, 'dropped-frontends'), ...conditions, DROP),
  ];
}

function learnTranslated({ affinitySeconds }: SkeletonContext): readonly Rule[] {
  return affinitySeconds.length > 0 ? [ruleOf(CT_STATUS_TRANSLATED, jump(LEARNING))] : [];
}
