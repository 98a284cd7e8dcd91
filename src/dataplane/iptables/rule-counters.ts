// How the two variants count rules.
import type { IpFamily } from '../../model/ip.ts';
import type { ReadTableEntries } from '../../system/iptables-info.ts';
import { NetlinkConnection } from '../../system/netlink/netlink-connection.ts';
import { NETLINK_NETFILTER, type OpenNetlinkSocket } from '../../system/netlink/netlink-socket.ts';
import { chainUses, rulesetGeneration } from '../../system/netlink/nft-chains.ts';
import { isProxyChain } from './names.ts';
import type { RuleCounter } from './tamper-probe.ts';

/** A chain of one's own starts and ends with an entry that is no rule (libiptc: the name, and the policy). */
const LEGACY_ENTRIES_PER_CHAIN = 2;

/** Entries of the table, whoever made them. */
export function legacyRuleCounter(family: IpFamily, readTableEntries: ReadTableEntries): RuleCounter {
  return {
    *count(table) {
      yield;
      return readTableEntries(family, table);
    },
    countOf: ({ chains, rules }) => chains * LEGACY_ENTRIES_PER_CHAIN + rules,
    hasChanged: () => true,
  };
}

/** Uses of the chains of service proxies: the rules in them, and the jumps to them. Asked only after a change of the ruleset. */
export function nftRuleCounter(family: IpFamily, openSocket: OpenNetlinkSocket): RuleCounter {
  let knownGeneration: number | undefined;
  return {
    *count(table) {
      const socket = openSocket({ protocol: NETLINK_NETFILTER });
      try {
        const uses = chainUses(new NetlinkConnection(socket), family);
        for (let sum = 0; ; ) {
          const { done, value } = uses.next();
          if (done) return value ? sum : undefined;
          if (value.table === table && isProxyChain(table, value.name)) sum += value.use;
          yield;
        }
      } finally {
        socket.close();
      }
    },
    countOf: ({ rules, jumps }) => rules + jumps,
    hasChanged() {
      const socket = openSocket({ protocol: NETLINK_NETFILTER });
      try {
        const before = knownGeneration;
        knownGeneration = rulesetGeneration(new NetlinkConnection(socket));
        return knownGeneration !== before;
      } finally {
        socket.close();
      }
    },
  };
}
