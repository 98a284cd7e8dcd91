// The number of buckets of the machine's conntrack table: a parameter of the kernel module, so under /sys.
import { readFileSync, writeFileSync } from 'node:fs';

export interface HashSize {
  /** Throws HashSizeError. */
  read(): number;
  /** Throws HashSizeError, which says what is missing. */
  write(buckets: number): void;
}

export class HashSizeError extends Error {
  readonly code = 'ERR_HASH_SIZE';
  /** /sys is mounted read-only here. */
  readonly isReadOnly: boolean;

  constructor(cause: unknown) {
    super(`cannot use ${FILE}: ${remedyFor(cause)}`, { cause });
    this.name = 'HashSizeError';
    this.isReadOnly = codeOf(cause) === 'EROFS';
  }
}

const FILE = '/sys/module/nf_conntrack/parameters/hashsize';

export const hashSize: HashSize = {
  read: () => attempt(() => Number(readFileSync(FILE, 'utf8'))),
  write: (buckets) => attempt(() => writeFileSync(FILE, String(buckets), { flag: 'r+' })),
};

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new HashSizeError(cause);
  }
}

function remedyFor(cause: unknown): string {
  const code = codeOf(cause);
  if (code === 'EROFS') return '/sys is mounted read-only here: run privileged, or set it on the node';
  if (code === 'EACCES' || code === 'EPERM') return 'not permitted: this takes root, or set it on the node';
  if (code === 'ENOENT') return 'nf_conntrack is not loaded';
  if (code === 'ENOTSUP') return 'only the network namespace of the host may change it';
  return cause instanceof Error ? cause.message : String(cause);
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && 'code' in cause ? cause.code : undefined;
}
