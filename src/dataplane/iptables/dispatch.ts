// The dispatch tries as chains: which tries there are, and the chains of a trie. A chain goes (-g) to the next, so that a
// packet that nothing matches returns straight to the fixed chain that jumped (-j) to the root.
import type { IpFamily } from '../../model/ip.ts';
import type { Cooperative } from '../../util/cooperate.ts';
import { type Chain, type ChainId, chainId, chainOf, type Owner } from './chain.ts';
import { addressDigits, labelOfPrefix, matchOfPrefix, parsePrefix } from './dispatch-key.ts';
import { type ChainPrefix, dispatchChainName, type Table } from './names.ts';
import { words } from './rule-text.ts';
import { entriesOf, prefixOf, type Trie, type TrieEntry, type TrieLeaf, type TrieNode } from './trie.ts';

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

/** The rule that sends packets from a fixed chain into the trie; none when it is empty. */
export function rootJump(context: DispatchContext, trie: Trie): string[] {
  const root = rootOf(trie);
  return root ? [words(matchOf(context, root.position), `-j ${nameOf(context, root.position)}`)] : [];
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
  /** The keys that were inserted and removed on the way. */
  readonly touched: readonly string[];
  /** The kernel may not have the chains of `before`: all chains count as changed. */
  readonly isInDoubt: boolean;
}

export function* dispatchDelta(
  context: DispatchContext,
  { before, after, touched, isInDoubt }: DispatchStep,
): Cooperative<DispatchDelta> {
  const old = placesNear(before, touched);
  const current = before && !isInDoubt ? placesNear(after, touched) : allPlaces(after);
  const chains: Chain[] = [];
  for (const [position, node] of current) {
    if (isInDoubt || old.get(position) !== node) chains.push(chainOfNode(context, { node, position }));
    yield;
  }
  const gone = [...old.keys()].filter((position) => !current.has(position));
  return { chains, gone: gone.map((position) => idOf(context, position)) };
}

/** The ids of all chains of the tries. */
export function dispatchChainIds(family: IpFamily, dispatches: Dispatches): ChainId[] {
  return DISPATCH_NAMES.flatMap((dispatch) =>
    Array.from(allPlaces(dispatches[dispatch]).keys(), (position) => idOf({ family, dispatch }, position)),
  );
}

/**
 * The nodes with chains on the ways to the keys and right beside these ways. An insertion or removal changes no other: a
 * leaf that is split, or made of a branch, has its parts among the neighbours.
 */
function placesNear(trie: Trie, keys: readonly string[]): Map<string, TrieNode> {
  const places = new Map<string, TrieNode>();
  for (const key of keys) {
    let place = rootOf(trie);
    while (place) {
      places.set(place.position, place.node);
      const children = placesBelow(place);
      for (const child of children) places.set(child.position, child.node);
      place = children.find((child) => key.startsWith(child.position));
    }
  }
  return places;
}

function allPlaces(trie: Trie): Map<string, TrieNode> {
  const places = new Map<string, TrieNode>();
  const add = (place: Place) => {
    places.set(place.position, place.node);
    placesBelow(place).forEach(add);
  };
  const root = rootOf(trie);
  if (root) add(root);
  return places;
}

function rootOf(trie: Trie): Place | undefined {
  return trie && { node: trie, position: prefixOf(trie) };
}

function placesBelow({ node }: Place): Place[] {
  if (node.kind === 'leaf') return [];
  return node.children.flatMap((child, digit) =>
    child && !isInlined(child) ? [{ node: child, position: positionOf(child, node.prefix + digit) }] : [],
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

interface OwnedRule {
  readonly rule: string;
  readonly owner: Owner;
}

function chainOfNode(context: DispatchContext, { node, position }: Place): Chain {
  const rules =
    node.kind === 'leaf' ? leafRules(node.entries) : branchRules(context, node.prefix, node.children);
  return chainOf(
    DISPATCHES[context.dispatch].table,
    nameOf(context, position),
    rules.map(({ rule }) => rule),
    rules.map(({ owner }) => owner),
  );
}

function branchRules(context: DispatchContext, prefix: string, children: readonly Trie[]): OwnedRule[] {
  return children.flatMap((child, digit) => {
    if (!child) return [];
    if (isInlined(child)) return leafRules([...entriesOf(child)]);
    const position = positionOf(child, prefix + digit);
    return [{ rule: words(matchOf(context, position), `-g ${nameOf(context, position)}`), owner: undefined }];
  });
}

/** Of entries with one key the first counts. */
function leafRules(entries: readonly TrieEntry[]): OwnedRule[] {
  return entries.filter(({ key }, i) => key !== entries[i - 1]?.key);
}

function matchOf(context: DispatchContext, position: string): string {
  return matchOfPrefix(parsePrefix(position, addressDigitsOf(context)));
}

function idOf(context: DispatchContext, position: string): ChainId {
  return chainId({ table: DISPATCHES[context.dispatch].table, name: nameOf(context, position) });
}

function nameOf(context: DispatchContext, position: string): string {
  const label = labelOfPrefix(parsePrefix(position, addressDigitsOf(context)));
  return dispatchChainName(DISPATCHES[context.dispatch].prefix, label);
}

function addressDigitsOf({ dispatch, family }: DispatchContext): number {
  return DISPATCHES[dispatch].hasAddresses ? addressDigits(family) : 0;
}
