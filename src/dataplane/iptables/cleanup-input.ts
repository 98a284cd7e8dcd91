// What has to be written to remove everything that service proxies made: Fairlead of any layout, and kube-proxy. Pure. Jumps go by
// exact match and chains by name (CleanupLeftovers in pkg/proxy/iptables/proxier.go); KUBE-FIREWALL stays, it is kubelet's too.
import { isProxyChain, type Table } from './names.ts';
import { JUMPS, sharedRuleKey } from './shared-rules.ts';

export interface SavedRule {
  readonly table: Table;
  readonly chain: string;
  /** Without `-A CHAIN`. */
  readonly rule: string;
}

/** What iptables-save shows of one family and variant, sorted by whose it is. */
export interface Leftovers {
  /** `table chain` of service proxies, but for the anchor. */
  readonly chains: readonly { readonly table: Table; readonly name: string }[];
  readonly jumps: readonly SavedRule[];
  /** Rules of others that lead into chains of service proxies. */
  readonly references: readonly (SavedRule & { readonly target: string })[];
  /** Rules of others have connections tracked. */
  readonly hasTracking: boolean;
  /** There is a nat table, so that the kernel translates what is tracked. */
  readonly hasNat: boolean;
  readonly hasAnchor: boolean;
}

/**
 * Without any rule that asks for it the kernel stops tracking connections, and translated ones break. This chain, to which
 * nothing leads, asks for it where nobody else does. kube-proxy and Fairlead remove it when they start, by its prefix.
 */
export const ANCHOR_CHAIN = 'KUBE-SVC-fairlead-anchor';
const ANCHOR_RULE = '-m conntrack --ctstate INVALID -j RETURN';

const TABLES: readonly Table[] = ['filter', 'nat', 'mangle'];
const JUMP_KEYS: ReadonlySet<string> = new Set(JUMPS.map(sharedRuleKey));
const TRACKING =
  / -m (conn\w+|state|helper|cluster) | -j (CT|DNAT|SNAT|MASQUERADE|REDIRECT|NETMAP|CONN\w+|SYNPROXY)\b/;

export function leftoversIn(saved: string): Leftovers {
  const { chains, rules } = parse(saved);
  const foreign = rules.filter(({ table, chain }) => !isProxyChain(table, chain));
  const jumps = foreign.filter((rule) => JUMP_KEYS.has(sharedRuleKey(rule)));
  const others = foreign.filter((rule) => !JUMP_KEYS.has(sharedRuleKey(rule)));
  return {
    chains: chains.filter(({ name }) => name !== ANCHOR_CHAIN),
    jumps,
    references: others.flatMap((rule) => {
      const target = / -[jg] (\S+)/.exec(` ${rule.rule}`)?.[1] ?? '';
      return isProxyChain(rule.table, target) ? [{ ...rule, target }] : [];
    }),
    hasTracking: others.some(({ rule }) => TRACKING.test(` ${rule}`)),
    hasNat: /^\*nat$/m.test(saved),
    hasAnchor: chains.some(({ name }) => name === ANCHOR_CHAIN),
  };
}

/** The input of one iptables-restore --noflush; empty when there is nothing to do. */
export function cleanupInput(
  leftovers: Leftovers,
  { needsAnchor }: { readonly needsAnchor: boolean },
): string {
  return TABLES.map((table) => tableInput(table, leftovers, needsAnchor)).join('');
}

/** A chain that others lead to cannot go, so it is emptied only. */
function tableInput(table: Table, leftovers: Leftovers, needsAnchor: boolean): string {
  // In descending order, for the sake of iptables-nft: see write-order.ts.
  const names = leftovers.chains
    .flatMap((chain) => (chain.table === table ? [chain.name] : []))
    .sort()
    .reverse();
  const pinned = new Set(leftovers.references.flatMap((rule) => (rule.table === table ? [rule.target] : [])));
  const lines = [
    ...names.map(declaration),
    ...(table === 'nat' ? anchorLines(leftovers, needsAnchor) : []),
    ...leftovers.jumps
      .filter((jump) => jump.table === table)
      .map(({ chain, rule }) => `-D ${chain} ${rule}\n`),
    ...names.filter((name) => !pinned.has(name)).map((name) => `-X ${name}\n`),
  ];
  return lines.length > 0 ? `*${table}\n${lines.join('')}COMMIT\n` : '';
}

function anchorLines({ hasAnchor }: Leftovers, needsAnchor: boolean): string[] {
  if (hasAnchor === needsAnchor) return [];
  const change = needsAnchor ? `-A ${ANCHOR_CHAIN} ${ANCHOR_RULE}\n` : `-X ${ANCHOR_CHAIN}\n`;
  return [declaration(ANCHOR_CHAIN), change];
}

/** Makes the chain, or empties it. */
function declaration(name: string): string {
  return `:${name} - [0:0]\n`;
}

function parse(saved: string): {
  readonly chains: Leftovers['chains'];
  readonly rules: readonly SavedRule[];
} {
  const chains: { table: Table; name: string }[] = [];
  const rules: SavedRule[] = [];
  let table: Table | undefined;
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = TABLES.find((name) => line === `*${name}`);
    const [, name] = /^:(\S+)/.exec(line) ?? [];
    const [, chain, rule] = /^-A (\S+) (.*)$/.exec(line) ?? [];
    if (table && name !== undefined && isProxyChain(table, name)) chains.push({ table, name });
    if (table && chain !== undefined && rule !== undefined) rules.push({ table, chain, rule });
  }
  return { chains, rules };
}
