// Walks a packet through rules as the kernel does and counts the rules that look at it. It knows the rule shapes that Fairlead
// writes and throws on any other, so that a new shape is noticed. Random picks are followed both ways.
import { cidrContains } from '../../src/model/ip.ts';
import { cidr, ip } from '../builders/records.ts';

export interface TracedPacket {
  readonly source: string;
  readonly destination: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly port: number;
  readonly inputInterface?: string;
  /** Addresses of the node, for addrtype. */
  readonly localAddresses?: readonly string[];
  /** Members of ipsets and of xt_recent's lists. */
  readonly sets?: Readonly<Record<string, readonly string[]>>;
}

export interface Outcome {
  /** `DNAT 10.0.0.1:80`, `DROP`, `REJECT`, `ACCEPT`, or `none` when the walk ended in the built-in chain. */
  readonly verdict: string;
  readonly probability: number;
  /** How many rules looked at the packet. */
  readonly rules: number;
  /** Marks and sets written: `MARK 0x4000/0x4000`, `SET KUBE-SEP-…`. */
  readonly effects: readonly string[];
}

/** The rules of a chain, without `-A CHAIN`; undefined if there is no such chain. */
export type RulesOf = (chain: string) => readonly string[] | undefined;

interface Position {
  readonly chain: string;
  readonly index: number;
}

interface Walk extends Position {
  readonly returns: readonly Position[];
  readonly probability: number;
  readonly rules: number;
  readonly effects: readonly string[];
}

/** Everything that can happen to a new connection's first packet, which has no mark, from the start of the chain on. */
export function trace(rulesOf: RulesOf, start: string, packet: TracedPacket): Outcome[] {
  const first: Walk = { chain: start, index: 0, returns: [], probability: 1, rules: 0, effects: [] };
  const outcomes: Outcome[] = [];
  const open = [first];
  for (let walk = open.pop(); walk; walk = open.pop()) {
    if (walk.returns.length > 16) throw new Error(`rules go in circles at ${walk.chain}`);
    for (const next of step(rulesOf, packet, walk)) {
      if ('verdict' in next) outcomes.push(next);
      else open.push(next);
    }
  }
  return outcomes;
}

function step(rulesOf: RulesOf, packet: TracedPacket, walk: Walk): (Walk | Outcome)[] {
  const rules = rulesOf(walk.chain);
  if (!rules) throw new Error(`no chain ${walk.chain}`);
  const rule = rules[walk.index];
  if (rule === undefined) return [returned(walk)];
  const parsed = parseRule(rule);
  const passed = { ...walk, index: walk.index + 1, rules: walk.rules + 1 };
  if (!parsed.matches.every((match) => match(packet))) return [passed];
  const hit = act(parsed, { ...passed, probability: passed.probability * parsed.chance });
  return parsed.chance === 1
    ? [hit]
    : [hit, { ...passed, probability: passed.probability * (1 - parsed.chance) }];
}

function returned(walk: Walk): Walk | Outcome {
  const to = walk.returns.at(-1);
  return to ? { ...walk, ...to, returns: walk.returns.slice(0, -1) } : outcome(walk, 'none');
}

function act({ flag, target, argument }: Parsed, walk: Walk): Walk | Outcome {
  switch (target) {
    case '':
      return walk;
    case 'RETURN':
      return returned(walk);
    case 'DNAT':
      return outcome(walk, `DNAT ${argument}`);
    case 'ACCEPT':
    case 'DROP':
    case 'REJECT':
      return outcome(walk, target);
    case 'SET':
    case 'MARK':
      return { ...walk, effects: [...walk.effects, `${target} ${argument}`] };
    default:
      return enter(walk, flag, target);
  }
}

function enter(walk: Walk, flag: string, chain: string): Walk {
  const here = { chain: walk.chain, index: walk.index };
  return {
    ...walk,
    chain,
    index: 0,
    returns: flag === '-g' ? walk.returns : [...walk.returns, here],
  };
}

function outcome({ probability, rules, effects }: Walk, verdict: string): Outcome {
  return { verdict, probability, rules, effects };
}

type Match = (packet: TracedPacket) => boolean;

interface Parsed {
  readonly matches: readonly Match[];
  /** Of a random pick; 1 without. */
  readonly chance: number;
  readonly flag: string;
  readonly target: string;
  readonly argument: string;
}

const parsedRules = new Map<string, Parsed>();

function parseRule(rule: string): Parsed {
  const parsed = parsedRules.get(rule) ?? parseWords(rule.match(/"[^"]*"|\S+/g) ?? []);
  parsedRules.set(rule, parsed);
  return parsed;
}

function parseWords(words: readonly string[]): Parsed {
  const matches: Match[] = [];
  let chance = 1;
  let i = 0;
  const take = () => words[i++] ?? '';
  while (i < words.length) {
    const isNegated = words[i] === '!';
    if (isNegated) i++;
    const flag = take();
    if (flag === '-j' || flag === '-g')
      return { matches, chance, flag, target: take(), argument: argumentOf(words.slice(i)) };
    if (flag === '--probability') chance = Number(take());
    else {
      const match = matchOf(flag, take);
      if (match) matches.push((packet) => match(packet) !== isNegated);
    }
  }
  return { matches, chance, flag: '', target: '', argument: '' };
}

/** undefined for words that say nothing about which packets match. */
function matchOf(flag: string, take: () => string): Match | undefined {
  switch (flag) {
    case '-s':
      return inNetwork(take(), ({ source }) => source);
    case '-d':
      return inNetwork(take(), ({ destination }) => destination);
    case '-i':
      return interfaceMatch(take());
    case '-p':
      return protocolMatch(take());
    case '--dport':
      return portMatch(take());
    case '--src-type':
      return localMatch(take(), ({ source }) => source);
    case '--dst-type':
      return localMatch(take(), ({ destination }) => destination);
    case '--mark':
      take();
      return () => false;
    case '--ctstate':
      return stateMatch(take());
    case '--match-set':
      return setMatch(take(), take());
    case '--name':
      return setMatch(take(), 'src');
    case '--set':
      // Puts the source on the list of the next two words, and always matches.
      take();
      take();
      return;
    default:
      return ignore(flag, take);
  }
}

const MATCH_EXTENSIONS = new Set(
  'comment tcp udp sctp statistic addrtype conntrack set nfacct recent mark'.split(' '),
);
const WORDS_WITHOUT_VALUE = new Set(['--rcheck', '--reap', '--rsource']);
const WORDS_WITH_VALUE = new Set('--comment --nfacct-name --ctorigdst --mode --seconds --mask'.split(' '));

function ignore(flag: string, take: () => string): undefined {
  if (WORDS_WITHOUT_VALUE.has(flag)) return;
  const value = take();
  if (!WORDS_WITH_VALUE.has(flag) && !(flag === '-m' && MATCH_EXTENSIONS.has(value))) {
    throw new Error(`unknown word ${flag} ${value}`);
  }
}

function argumentOf(words: readonly string[]): string {
  const [flag = '', value = ''] = words;
  if (['', '--to-destination', '--set-xmark', '--reject-with', '--add-set'].includes(flag)) return value;
  throw new Error(`unknown target option ${words.join(' ')}`);
}

function inNetwork(network: string, addressOf: (packet: TracedPacket) => string): Match {
  const parsed = cidr(network);
  return (packet) => cidrContains(parsed, ip(addressOf(packet)));
}

function interfaceMatch(name: string): Match {
  const isPrefix = name.endsWith('+');
  return ({ inputInterface }) =>
    isPrefix ? inputInterface?.startsWith(name.slice(0, -1)) === true : inputInterface === name;
}

function protocolMatch(wanted: string): Match {
  return ({ protocol }) => protocol === wanted;
}

function portMatch(range: string): Match {
  const [first = 0, last = first] = range.split(':').map(Number);
  return ({ port }) => port >= first && port <= last;
}

function localMatch(type: string, addressOf: (packet: TracedPacket) => string): Match {
  if (type !== 'LOCAL') throw new Error(`unknown address type ${type}`);
  return (packet) => packet.localAddresses?.includes(addressOf(packet)) === true;
}

function stateMatch(states: string): Match {
  return () => states.split(',').includes('NEW');
}

function setMatch(name: string, direction: string): Match {
  return (packet) =>
    packet.sets?.[name]?.includes(direction === 'src' ? packet.source : packet.destination) === true;
}
