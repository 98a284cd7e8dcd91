// Renderers of nftables with a fault each, as changes of what the real one wants written, and the case of the table that must
// notice. The faults are those of a table of constant size: keys, slots, sizes, and the rules that all Services share.
import type { Chain, Rule } from '../../../src/dataplane/nftables/chain.ts';
import type { Element, Packed } from '../../../src/dataplane/nftables/element.ts';
import { LEARNING, MASQUERADING, NODE_PORTS, PICK } from '../../../src/dataplane/nftables/names.ts';
import { PICK_SIZES, type PickSize } from '../../../src/dataplane/nftables/schema.ts';
import type { NftExpression } from '../../../src/system/netlink/nftables/nft-expression.ts';
import type { CaughtFault } from './catching.ts';

export interface RendererFault extends CaughtFault {
  /** undefined: it is not written. */
  readonly element?: (element: Element) => Element | undefined;
  readonly chain?: (chain: Chain) => Chain;
}

const CLUSTER_IP = 'ClusterIP, policy Cluster, endpoints all ready';
const NODE_PORT = 'NodePort, policy Cluster, endpoints all ready';
const VIP_LOCAL = 'load-balancer IP, policy Local, endpoints all ready';
const FROM_POD = 'a pod on a node with endpoints';
const FROM_OUTSIDE = 'a client outside';

export const RENDERER_FAULTS: readonly RendererFault[] = [
  {
    name: 'gives slots the byte order of the network',
    element: inSet('endpoints', (element) => ({
      ...element,
      key: packed(element.key.slice(0, -4) + reversed(element.key.slice(-4))),
    })),
    caughtBy: [CLUSTER_IP, FROM_POD],
    symptom: /is not reached/,
  },
  {
    name: 'gives ports of endpoints the byte order of the machine',
    element: inSet('endpoints', ({ value = '', ...element }) => ({
      ...element,
      value: packed(`${value.slice(0, -4)}${reversed(value.slice(-4, -2))}\0\0`),
    })),
    caughtBy: [CLUSTER_IP, FROM_POD],
    symptom: /is not reached/,
  },
  {
    name: 'always takes the smallest size',
    element: withSize(() => 1),
    caughtBy: [CLUSTER_IP, FROM_POD],
    symptom: /is not reached/,
  },
  {
    name: 'takes a size that is far too large',
    element: withSize((size) => (size === 4 ? 65_536 : size)),
    caughtBy: [CLUSTER_IP, FROM_POD],
    symptom: /ECONNREFUSED|ETIMEDOUT/,
  },
  {
    name: 'knows no more than one endpoint',
    chain: inChain(PICK, (rules) => rules.slice(0, 1 - PICK_SIZES.length)),
    caughtBy: [CLUSTER_IP, FROM_POD],
    symptom: /ECONNREFUSED|ETIMEDOUT/,
  },
  {
    name: 'draws only once, whether the slot is filled or not',
    chain: inChain('pick-128', (rules) => rules.slice(0, 1)),
    caughtBy: ['two dozen endpoints', 'are all reached'],
    symptom: /ECONNREFUSED|ETIMEDOUT/,
  },
  {
    name: 'never draws the last slots',
    chain: inChain('draw-4', (rules) => rules.map(withDraw({ modulus: 2 }))),
    caughtBy: [CLUSTER_IP, FROM_POD],
    symptom: /is not reached/,
  },
  {
    name: 'draws local endpoints from the slots of the whole cluster',
    chain: inChain(/^(draw|pick)-local-/, (rules) => rules.map(withDraw({ offset: 0 }))),
    caughtBy: [VIP_LOCAL, `${FROM_OUTSIDE} reaches`],
    symptom: /pod-2-1:8080 must not be reached|ETIMEDOUT/,
  },
  {
    name: 'looks for NodePorts under the address of the packet',
    chain: inChain(NODE_PORTS, (rules) => rules.map(without('bitwise'))),
    caughtBy: [NODE_PORT, `${FROM_OUTSIDE} reaches`],
    symptom: /ECONNREFUSED|ETIMEDOUT/,
  },
  {
    name: 'picks endpoints of NodePorts under the address of the packet',
    chain: inChain(/^node-(draw|pick)-\d/, (rules) => rules.map(without('bitwise'))),
    caughtBy: [NODE_PORT, `${FROM_OUTSIDE} reaches`],
    symptom: /ECONNREFUSED|ETIMEDOUT/,
  },
  {
    name: 'does not mark external traffic',
    chain: inChain(NODE_PORTS, (rules) => rules.map(without('set-mark'))),
    caughtBy: [NODE_PORT, `${FROM_OUTSIDE} reaches`],
    symptom: /sees 198\.51\.100\.10|ETIMEDOUT/,
  },
  {
    name: 'takes everybody for the node itself under policy Local',
    chain: inChain('external-local', (rules) => rules.map(withoutSourceType)),
    caughtBy: [VIP_LOCAL, `${FROM_OUTSIDE} reaches`],
    symptom: /pod-2-1:8080 must not be reached/,
  },
  {
    name: 'gives pods no short cut under policy Local',
    chain: inChain('external-local', (rules) => rules.slice(1)),
    caughtBy: [VIP_LOCAL, FROM_POD],
    symptom: /pod-2-1:8080 is not reached/,
  },
  {
    name: 'masquerades nothing that is marked',
    chain: inChain(MASQUERADING, (rules) => rules.slice(1)),
    caughtBy: [NODE_PORT, `${FROM_OUTSIDE} reaches`],
    symptom: /sees 198\.51\.100\.10|ETIMEDOUT/,
  },
  {
    name: 'masquerades no hairpin',
    chain: inChain(MASQUERADING, (rules) => rules.slice(0, 1)),
    caughtBy: [CLUSTER_IP, 'a pod that is an endpoint itself'],
    symptom: /ETIMEDOUT/,
  },
  {
    name: 'leaves the node itself without Services',
    chain: inChain('nat-output', () => []),
    caughtBy: [CLUSTER_IP, 'the node itself'],
    symptom: /ECONNREFUSED|EPERM|ETIMEDOUT/,
  },
  {
    name: 'does not check what the node forwards',
    chain: inChain('filter-forward', () => []),
    caughtBy: ['ClusterIP, policy Cluster, endpoints none at all', FROM_POD],
    symptom: /ETIMEDOUT instead of ECONNREFUSED/,
  },
  {
    name: 'does not check what is for the node',
    chain: inChain('filter-input', () => []),
    caughtBy: ['NodePort, policy Local, endpoints none local', FROM_OUTSIDE],
    symptom: /ECONNREFUSED instead of ETIMEDOUT/,
  },
  {
    name: 'drops what it should reject',
    element: inSet('rejected-frontends', (element) => ({ ...element, set: 'dropped-frontends' })),
    caughtBy: ['ClusterIP, policy Cluster, endpoints none at all', FROM_POD],
    symptom: /ETIMEDOUT instead of ECONNREFUSED/,
  },
  {
    name: 'forgets which addresses are ClusterIPs',
    element: inSet('service-cluster-ips', () => undefined),
    caughtBy: ['a ClusterIP', 'rejects ports that no Service has'],
    symptom: /(ETIMEDOUT|EPERM) instead of ECONNREFUSED/,
  },
  {
    name: 'restricts no frontend',
    element: inSet('restricted-frontends', () => undefined),
    caughtBy: ['source ranges', 'drop other clients'],
    symptom: /answered/,
  },
  {
    name: 'takes networks for their first address',
    element: inSet('allowed-sources', (element) => ({ ...element, keyEnd: element.key })),
    caughtBy: ['source ranges that hold the node', 'let the node pass'],
    symptom: /ETIMEDOUT/,
  },
  {
    name: 'learns no client',
    chain: inChain(LEARNING, () => []),
    caughtBy: [`${CLUSTER_IP}, affinity`, FROM_POD],
    symptom: /does not stick to one endpoint/,
  },
  {
    name: 'learns no client of NodePorts',
    chain: inChain(LEARNING, (rules) => rules.filter((rule) => without('bitwise')(rule) === rule)),
    caughtBy: [`${NODE_PORT}, affinity`, `${FROM_OUTSIDE} reaches`],
    symptom: /does not stick to one endpoint/,
  },
  {
    name: 'forgets which frontends have affinity',
    element: (element) => (element.set.startsWith('affinity-') ? undefined : element),
    caughtBy: [`${CLUSTER_IP}, affinity`, FROM_POD],
    symptom: /does not stick to one endpoint/,
  },
];

type ElementChange = NonNullable<RendererFault['element']>;
type ChainChange = NonNullable<RendererFault['chain']>;

function inSet(set: Element['set'], change: ElementChange): ElementChange {
  return (element) => (element.set === set ? change(element) : element);
}

/** Says that frontends have more or fewer endpoints. */
function withSize(change: (size: PickSize) => PickSize): ElementChange {
  return (element) => {
    const [, size] = /^frontends-(\d+)$/.exec(element.set) ?? [];
    return size ? { ...element, set: `frontends-${change(Number(size) as PickSize)}` } : element;
  };
}

/** `name`: all of it, or its beginning with a dash. */
function inChain(name: string | RegExp, change: (rules: readonly Rule[]) => readonly Rule[]): ChainChange {
  const isMeant = (chain: Chain) => (typeof name === 'string' ? chain.name === name : name.test(chain.name));
  return (chain) => (isMeant(chain) ? { ...chain, rules: change(chain.rules) } : chain);
}

/** Without the expressions of a kind; the very rule when it has none. */
function without(kind: NftExpression['kind']): (rule: Rule) => Rule {
  return (rule) => {
    const expressions = rule.expressions.filter((expression) => expression.kind !== kind);
    return expressions.length === rule.expressions.length ? rule : { ...rule, expressions };
  };
}

/** Without the comparison of what it has looked up, which comes next. */
function withoutSourceType(rule: Rule): Rule {
  const at = rule.expressions.findIndex(({ kind }) => kind === 'fib-type');
  return at < 0 ? rule : { ...rule, expressions: rule.expressions.toSpliced(at, 2) };
}

function withDraw(fields: { readonly modulus?: number; readonly offset?: number }): (rule: Rule) => Rule {
  return (rule) => ({
    ...rule,
    expressions: rule.expressions.map((expression) =>
      expression.kind === 'random' ? { ...expression, ...fields } : expression,
    ),
  });
}

function reversed(bytes: string): string {
  return [...bytes].reverse().join('');
}

function packed(bytes: string): Packed {
  return bytes as Packed;
}
