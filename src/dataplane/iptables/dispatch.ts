// The dispatch tries as chains: which tries there are, and the chains of a trie. The root's rules stand in a fixed chain and
// jump (-j); below, a chain goes (-g) to the next, so that a packet that nothing matches is straight back in the fixed chain.
import type { IpFamily } from '../../model/ip.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import { type Chain, type ChainId, chainId, type OwnedRule, sharedChainOf } from './chain.ts';
import { addressDigits, labelOfPrefix, matchOfPrefix, parsePrefix } from './dispatch-key.ts';
import { type ChainPrefix, dispatchChainName, type Table } from './names.ts';
import { words } from './rule-text.ts';
import type { Trie, TrieEntry, TrieLeaf, TrieNode } from './trie.ts';

interface DispatchKind {
  readonly table: Table;
  readonly prefix: ChainPrefix;
  readonly hasAddresses: boolean;
}

/** What is looked up by destination. Within a table each has a prefix of its own. */
export const DISPATCHES = {
  /** ClusterIPs, external and load-balancer IPs: to the service port's chain. */
  services: { table: 'nat', prefix: 'KUBE-SVC-', hasAddresses: true },
  nodePorts: { table: 'nat', prefix: 'KUBE-EXT-', hasAddresses: false },
  /** The same without (local) endpoints: to REJECT or DROP. */
  verdicts: { table: 'filter', prefix: 'KUBE-SVC-', hasAddresses: true },
  nodePortVerdicts: { table: 'filter', prefix: 'KUBE-EXT-', hasAddresses: false },
  /** Load-balancer IPs with source ranges: to the check of the source. */
  firewall: { table: 'filter', prefix: 'KUBE-FW-', hasAddresses: true },
  /** Health-check NodePorts: to ACCEPT. */
  healthChecks: { table: 'filter', prefix: 'KUBE-SEP-', hasAddresses: false },
} as const satisfies Readonly<Record<string, DispatchKind>>;

export type DispatchName = keyof typeof DISPATCHES;

export const DISPATCH_NAMES = Object.keys(DISPATCHES) as readonly DispatchName[];

/** One trie per dispatch. */
export type Dispatches<T = Trie> = { readonly [name in DispatchName]: T };

/** Which trie of which family a node belongs to. */
export interface DispatchContext {
  readonly dispatch: DispatchName;
  readonly family: IpFamily;
}

/** A node that has a chain, and what packets reach it. */
interface Place {
  readonly node: TrieNode;
  /** The keys under the node begin with this. */
  readonly position: string;
}

/**
 * The root's rules, for a fixed chain. They jump, so that the fixed chain goes on when nothing matched; all others go, so
 * that it goes on at once.
 */
export function rootRules(context: DispatchContext, trie: Trie): OwnedRule[] {
  return trie ? rulesOf(context, trie, '-j') : [];
}

/** The chains of the trie that differ from those of the one before, and those that it has not any more. */
export interface DispatchDelta {
  readonly chains: readonly Chain[];
  readonly gone: readonly ChainId[];
}

/** A step from one trie to the next. */
export interface DispatchStep {
  readonly before: Trie;
  readonly after: Trie;
  /** The kernel may not have the chains of `before`: all chains count as changed. */
  readonly isInDoubt: boolean;
}

export function* dispatchDelta(
  context: DispatchContext,
  { before, after, isInDoubt }: DispatchStep,
): Cooperative<DispatchDelta> {
  const chains: Chain[] = [];
  yield;
  for (const { node, position } of placesNotIn(isInDoubt ? undefined : before, after)) {
    chains.push(sharedChainOf(tableOf(context), nameOf(context, position), rulesOf(context, node, '-g')));
    yield;
  }
  const changed = [...placesNotIn(after, before)].map(({ position }) => position);
  const gone = changed.filter((position) => nodeAt(after, position) === undefined);
  return { chains, gone: gone.map((position) => idOf(context, position)) };
}

/** The ids of all chains of the tries. */
export function dispatchChainIds(family: IpFamily, dispatches: Dispatches): ChainId[] {
  return DISPATCH_NAMES.flatMap((dispatch) =>
    Array.from(placesNotIn(undefined, dispatches[dispatch]), ({ position }) =>
      idOf({ family, dispatch }, position),
    ),
  );
}

/** The places of the trie that the other has not, or has with other rules. Whatever they share is not looked at. */
function* placesNotIn(other: Trie, trie: Trie): Generator<Place> {
  if (other === trie) return;
  const open = placesBelow(trie);
  for (let place = open.pop(); place; place = open.pop()) {
    if (nodeAt(other, place.position) === place.node) continue;
    yield place;
    open.push(...placesBelow(place.node));
  }
}

/** The node whose chain is for this position. */
function nodeAt(trie: Trie, position: string): Trie {
  let below = placesBelow(trie);
  for (;;) {
    const next = below.find((place) => position.startsWith(place.position));
    if (!next || next.position === position) return next?.node;
    below = placesBelow(next.node);
  }
}

function placesBelow(trie: Trie): Place[] {
  if (trie?.kind !== 'branch') return [];
  return trie.children.flatMap((child, digit) =>
    child && !isInlined(child) ? [{ node: child, position: positionOf(child, trie.prefix + digit) }] : [],
  );
}

/** A leaf keeps the position that its parent gives it, so that its name stays when its entries change. */
function positionOf(child: TrieNode, slot: string): string {
  return child.kind === 'branch' ? child.prefix : slot;
}

/** A single rule stands in the parent's chain: a chain of its own would cost a rule more and spare nobody one. */
function isInlined(child: TrieNode): child is TrieLeaf {
  return child.kind === 'leaf' && child.entries.length === 1;
}

type Flag = '-j' | '-g';

function rulesOf(context: DispatchContext, node: TrieNode, flag: Flag): OwnedRule[] {
  if (node.kind === 'leaf') return leafRules(node.entries, flag);
  return node.children.flatMap((child, digit) => {
    if (!child) return [];
    if (isInlined(child)) return leafRules(child.entries, flag);
    const position = positionOf(child, node.prefix + digit);
    return [
      { rule: words(matchOf(context, position), `${flag} ${nameOf(context, position)}`), owner: undefined },
    ];
  });
}

/** Of entries with one key the first counts. */
function leafRules(entries: readonly TrieEntry[], flag: Flag): OwnedRule[] {
  const first = entries.filter(({ key }, i) => key !== entries[i - 1]?.key);
  return first.map(({ match, action, owner }) => ({
    rule: `${match} ${action.replace(/^-g/, flag)}`,
    owner,
  }));
}

function matchOf(context: DispatchContext, position: string): string {
  return matchOfPrefix(parsePrefix(position, addressDigitsOf(context)));
}

function idOf(context: DispatchContext, position: string): ChainId {
  return chainId({ table: tableOf(context), name: nameOf(context, position) });
}

function tableOf({ dispatch }: DispatchContext): Table {
  return DISPATCHES[dispatch].table;
}

function nameOf(context: DispatchContext, position: string): string {
  const label = labelOfPrefix(parsePrefix(position, addressDigitsOf(context)));
  return dispatchChainName(DISPATCHES[context.dispatch].prefix, label);
}

function addressDigitsOf({ dispatch, family }: DispatchContext): number {
  return DISPATCHES[dispatch].hasAddresses ? addressDigits(family) : 0;
}
