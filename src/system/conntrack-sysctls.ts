// The limits and timeouts of conntrack (pkg/proxy/conntrack/sysctls.go upstream). The limits are the machine's, and only its first
// network namespace may change them; the timeouts are those of the network namespace of the calling thread.
import type { HashSize } from './conntrack-hash-size.ts';
import type { Sysctl } from './sysctl.ts';

/** 0 everywhere: leave what the kernel has. */
export interface ConntrackSettings {
  readonly maxPerCore: number;
  /** The least limit, when `maxPerCore` is not 0. */
  readonly min: number;
  readonly tcpEstablishedSeconds: number;
  readonly tcpCloseWaitSeconds: number;
  readonly udpSeconds: number;
  readonly udpStreamSeconds: number;
  /** TCP packets outside of the window are not called invalid. */
  readonly isTcpBeLiberal: boolean;
}

/** What became of one setting. */
export interface SettingOutcome {
  /** A sysctl, or `hashsize`. */
  readonly name: string;
  readonly value: number;
  readonly outcome: 'kept' | 'written' | 'failed';
  /** Says what is missing; undefined unless it failed. */
  readonly error: unknown;
}

export interface ConntrackPorts {
  readonly sysctl: Sysctl;
  readonly hashSize: HashSize;
}

/** However many cores: 300 MiB when full. */
const MAX_LIMIT = 1_048_576;
const ENTRIES_PER_BUCKET = 4;

/**
 * Sets what is not as wanted. A setting that fails does not stop the others. The table's hash is enlarged only for a limit that
 * is in force.
 */
export function setConntrack(
  settings: ConntrackSettings,
  cpuCount: number,
  { sysctl, hashSize }: ConntrackPorts,
): readonly SettingOutcome[] {
  const limit = conntrackLimit(settings, cpuCount);
  const outcomes = wantedSysctls(settings, limit).map(([name, value]) => ensure(sysctl, name, value));
  const isLimitInForce = outcomes.some(({ name, outcome }) => name === LIMIT && outcome !== 'failed');
  return limit > 0 && isLimitInForce ? [...outcomes, enlargeHash(hashSize, limit)] : outcomes;
}

/** 0: leave it. More than can be reasonable is cut, even below `min`. */
export function conntrackLimit({ maxPerCore, min }: ConntrackSettings, cpuCount: number): number {
  const scaled = maxPerCore * cpuCount;
  if (scaled === 0) return 0;
  return scaled > MAX_LIMIT ? MAX_LIMIT : Math.max(scaled, min);
}

const LIMIT = 'net/netfilter/nf_conntrack_max';

function wantedSysctls(settings: ConntrackSettings, limit: number): readonly (readonly [string, number])[] {
  const wanted = [
    [LIMIT, limit],
    ['net/netfilter/nf_conntrack_tcp_timeout_established', settings.tcpEstablishedSeconds],
    ['net/netfilter/nf_conntrack_tcp_timeout_close_wait', settings.tcpCloseWaitSeconds],
    ['net/netfilter/nf_conntrack_udp_timeout', settings.udpSeconds],
    ['net/netfilter/nf_conntrack_udp_timeout_stream', settings.udpStreamSeconds],
    ['net/netfilter/nf_conntrack_tcp_be_liberal', Number(settings.isTcpBeLiberal)],
  ] as const;
  return wanted.filter(([, value]) => value > 0);
}

function ensure(sysctl: Sysctl, name: string, value: number): SettingOutcome {
  return attempt(name, value, () => {
    if (sysctl.read(name) === String(value)) return 'kept';
    sysctl.write(name, String(value));
    return 'written';
  });
}

function enlargeHash(hashSize: HashSize, limit: number): SettingOutcome {
  const buckets = Math.floor(limit / ENTRIES_PER_BUCKET);
  return attempt('hashsize', buckets, () => {
    if (hashSize.read() >= buckets) return 'kept';
    hashSize.write(buckets);
    return 'written';
  });
}

function attempt(name: string, value: number, action: () => 'kept' | 'written'): SettingOutcome {
  try {
    return { name, value, outcome: action(), error: undefined };
  } catch (error) {
    return { name, value, outcome: 'failed', error };
  }
}
