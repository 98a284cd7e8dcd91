// How ready the kernel is to kill this process, and the programs that it runs, when memory runs out (proc_pid_oom_score_adj(5)).
import { writeFileSync } from 'node:fs';

export class OomScoreError extends Error {
  readonly code = 'ERR_OOM_SCORE';

  constructor(value: number, cause: unknown) {
    super(`cannot set oom_score_adj to ${value}: ${remedyFor(cause)}`, { cause });
    this.name = 'OomScoreError';
  }
}

/** From -1000 (never) to 1000. Throws OomScoreError, which says what is missing. */
export function setOomScoreAdj(value: number): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', String(value), { flag: 'r+' });
  } catch (cause) {
    throw new OomScoreError(value, cause);
  }
}

function remedyFor(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EACCES' || code === 'EPERM')
    return 'a lower value than now takes the capability CAP_SYS_RESOURCE';
  if (code === 'EROFS') return '/proc is mounted read-only here';
  return cause instanceof Error ? cause.message : String(cause);
}
