// Chains that pick one of a service port's endpoints at random. Up to sixteen stand in one chain; more are put into eight
// buckets by their hash, and so on, so that a packet passes few rules and a changed endpoint rewrites few chains. Which bucket
// an endpoint is in depends on nothing but itself.
import { hash } from 'node:crypto';
import { bucketChainName } from './names.ts';
import { randomly, words } from './rule-text.ts';

/** An endpoint as the end of a rule: DNAT, or a goto to the endpoint's own chain. */
export interface Target {
  /** `ip:port`, unique. */
  readonly id: string;
  /** What must stand before the random pick: DNAT wants a protocol. */
  readonly match: string;
  readonly action: string;
}

export interface BucketChain {
  readonly name: string;
  readonly rules: readonly string[];
}

export interface Balanced {
  /** For the end of the chain itself. */
  readonly rules: readonly string[];
  /** The chains that these go to. */
  readonly buckets: readonly BucketChain[];
}

const MAX_TARGETS_PER_CHAIN = 16;

/** 8^3 buckets keep chains short up to 10,000 endpoints; more levels may be deeper than the kernel takes. */
const MAX_LEVELS = 3;

const DIGITS = '01234567';

interface Share {
  readonly count: number;
  readonly match: string;
  readonly action: string;
}

/**
 * Gives each target the same chance. `chain` is the name of the chain that the rules are for, `note` a comment match for the
 * first of them, or empty.
 */
export function balance(chain: string, targets: readonly Target[], note: string): Balanced {
  // Hashing what stays in one chain would be in vain, and nearly all targets do.
  if (targets.length <= MAX_TARGETS_PER_CHAIN) return leafOf(targets, note);
  const members = targets.map((target) => ({ target, digits: digitsOf(target.id) }));
  return balanceBucket({ chain, note }, '', members);
}

/** How many chains at most follow one another below the chain of so many endpoints. */
export function bucketLevels(targetCount: number): number {
  return targetCount <= MAX_TARGETS_PER_CHAIN ? 0 : MAX_LEVELS;
}

interface Balancing {
  readonly chain: string;
  readonly note: string;
}

interface Hashed {
  readonly target: Target;
  readonly digits: string;
}

function balanceBucket({ chain, note }: Balancing, path: string, members: readonly Hashed[]): Balanced {
  if (members.length <= MAX_TARGETS_PER_CHAIN || path.length === MAX_LEVELS) {
    return leafOf(
      members.map(({ target }) => target),
      note,
    );
  }
  const buckets = Array.from(DIGITS, (digit) => ({
    path: path + digit,
    members: members.filter(({ digits }) => digits[path.length] === digit),
  }));
  const below = buckets.flatMap((bucket) => bucketChains(chain, bucket));
  const shares = buckets.map((bucket) => ({
    count: bucket.members.length,
    match: '',
    action: `-g ${bucketChainName(chain, bucket.path)}`,
  }));
  return {
    rules: picks(
      shares.filter(({ count }) => count > 0),
      note,
    ),
    buckets: below,
  };
}

function bucketChains(
  chain: string,
  { path, members }: { readonly path: string; readonly members: readonly Hashed[] },
): BucketChain[] {
  if (members.length === 0) return [];
  const { rules, buckets } = balanceBucket({ chain, note: '' }, path, members);
  return [{ name: bucketChainName(chain, path), rules }, ...buckets];
}

function leafOf(targets: readonly Target[], note: string): Balanced {
  return { rules: picks(targets.map(shareOf), note), buckets: [] };
}

/** Each rule takes its share of what the rules before it have left. */
function picks(shares: readonly Share[], note: string): string[] {
  let left = shares.reduce((sum, { count }) => sum + count, 0);
  return shares.map(({ count, match, action }, i) => {
    const pick = count === left ? '' : randomly(count, left);
    left -= count;
    return words(match, i === 0 ? note : '', pick, action);
  });
}

function shareOf({ match, action }: Target): Share {
  return { count: 1, match, action };
}

function digitsOf(id: string): string {
  return hash('sha256', id, 'buffer').readUInt32BE(0).toString(8).padStart(11, '0').slice(-MAX_LEVELS);
}
