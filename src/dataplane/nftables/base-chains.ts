// Where packets come in: kube-proxy's base chains and no others, so that nothing leads to our chains once it has written them again. A
// table is live when these lead to the other chains. nat sees only the first packet of a connection; in filter each chain asks once
// whether it is one.
import type { Chain, Hook, Rule } from './chain.ts';
import { LOOPBACK } from './locality.ts';
import {
  CT_STATE_NEW,
  CT_STATE_UNKNOWN,
  CT_STATUS_NOT_TRANSLATED,
  hasPrefix,
  inputInterface,
} from './match.ts';
import { CHECK_INPUT, CHECK_OUTPUT, MASQUERADING, SERVICES } from './names.ts';
import { ADDRESS_FIELDS, frontendKey } from './packet-field.ts';
import { COUNTER, DROP, inSet, jump, notInSet, ruleOf } from './rule.ts';
import type { SkeletonContext } from './skeleton.ts';

/** NF_IP_PRI_NAT_DST and NF_IP_PRI_NAT_SRC. */
const DSTNAT = -100;
const SRCNAT = 100;

/** Names, types, hooks and priorities are kube-proxy's (pkg/proxy/nftables/proxier.go). */
export function baseChains(context: SkeletonContext): readonly Chain[] {
  const firewall = [dropForbiddenSources(context)];
  return [
    base('filter-prerouting-pre-dnat', hook('filter', 'prerouting', DSTNAT - 10), firewall),
    base('filter-output-pre-dnat', hook('filter', 'output', DSTNAT - 10), firewall),
    base('filter-input', hook('filter', 'input', 0), filterInput(context)),
    base('filter-forward', hook('filter', 'forward', 0), [ruleOf(CT_STATE_NEW, jump(CHECK_OUTPUT))]),
    base('filter-output', hook('filter', 'output', 0), [ruleOf(CT_STATE_NEW, jump(CHECK_OUTPUT))]),
    base('nat-prerouting', hook('nat', 'prerouting', DSTNAT), [ruleOf(jump(SERVICES))]),
    base('nat-output', hook('nat', 'output', DSTNAT), [ruleOf(jump(SERVICES))]),
    base('nat-postrouting', hook('nat', 'postrouting', SRCNAT), [ruleOf(jump(MASQUERADING))]),
  ];
}

/** loadBalancerSourceRanges, before the destination is translated. */
function dropForbiddenSources({ family }: SkeletonContext): Rule {
  const key = frontendKey(family, false);
  const isForbidden = notInSet([...key, ADDRESS_FIELDS[family].source], 'allowed-sources');
  return ruleOf(CT_STATE_NEW, inSet(key, 'restricted-frontends'), isForbidden, COUNTER, DROP);
}

function filterInput({ family, global }: SkeletonContext): readonly Rule[] {
  // NodePorts on 127.0.0.0/8 need route_localnet, which alone would let neighbours reach what listens there (CVE-2020-8558).
  const dropMartian = ruleOf(
    hasPrefix('destination', LOOPBACK[family], 'equal'),
    inputInterface('lo', 'not-equal'),
    CT_STATE_UNKNOWN,
    CT_STATUS_NOT_TRANSLATED,
    COUNTER,
    DROP,
  );
  return [...(global.hasLocalhostNodePorts ? [dropMartian] : []), ruleOf(CT_STATE_NEW, jump(CHECK_INPUT))];
}

function hook(type: Hook['type'], point: Hook['point'], priority: number): Hook {
  return { type, point, priority };
}

function base(name: string, hook: Hook, rules: readonly Rule[]): Chain {
  return { name, hook, rules };
}
