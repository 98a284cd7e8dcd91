// How session affinity is learned: after the pick, from what the connection asked for and where it goes now. It is the one place
// where the table changes itself.
import type { Chain, Rule } from './chain.ts';
import { hasProtocol } from './match.ts';
import { LEARNING } from './names.ts';
import { ADDRESS_FIELDS, originalFrontendKey, PORT } from './packet-field.ts';
import { inSet, learn, ruleOf } from './rule.ts';
import { affinitySet } from './schema.ts';
import type { SkeletonContext } from './skeleton.ts';

/** IANA protocol numbers of TCP, UDP and SCTP. */
const PROTOCOLS = [6, 17, 132];

/** Without rules as long as no Service has affinity. */
export function learningChain(context: SkeletonContext): Chain {
  const timeouts = context.affinitySeconds.toSorted((a, b) => a - b);
  return {
    name: LEARNING,
    comment: 'session affinity: remembers the endpoints of clients',
    rules: timeouts.flatMap((seconds) =>
      PROTOCOLS.flatMap((protocol) =>
        [false, true].map((isNodePort) => learnClient(context, { seconds, protocol, isNodePort })),
      ),
    ),
  };
}

interface Case {
  readonly seconds: number;
  readonly protocol: number;
  readonly isNodePort: boolean;
}

/**
 * One rule for each protocol although all do the same: nft only reads `ct original proto-dst` again where the rule says of which
 * protocol it is, and drops that match from what it prints unless a field of the protocol is compared.
 */
function learnClient({ family }: SkeletonContext, { seconds, protocol, isNodePort }: Case): Rule {
  const { destination, originalSource } = ADDRESS_FIELDS[family];
  return ruleOf(
    hasProtocol(protocol),
    inSet(originalFrontendKey(family, isNodePort), affinitySet(seconds).name),
    learn('clients', {
      key: [...originalFrontendKey(family, false), originalSource],
      data: [destination, PORT],
      timeoutMs: seconds * 1000,
    }),
  );
}
