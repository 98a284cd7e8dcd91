// `fairlead --cleanup`: removes what service proxies left on this node.
import { cleanUpIptables } from '../dataplane/iptables/cleanup.ts';
import type { TableRemoval } from '../dataplane/nftables/cleanup.ts';
import { createLogger, type Logger, standardError } from '../log/logger.ts';
import { exec } from '../system/exec.ts';
import { acquireNodeLock, type NodeLock } from '../system/node-lock.ts';
import { systemClock } from '../util/clock.ts';
import { removeNftablesTables } from './leftovers.ts';

/** Returns the exit code: 0 when nothing is left, also when there was nothing. */
export async function cleanUp(): Promise<number> {
  const log = createLogger({ format: 'text', verbosity: 2, destination: standardError() });
  const lock = await lockAtOnce();
  if (!lock) {
    log.fatal({}, 'a Fairlead runs on this node and would write its rules again: stop it first');
    return 1;
  }
  try {
    return await cleanUpLocked(log);
  } finally {
    lock.release();
  }
}

async function cleanUpLocked(log: Logger): Promise<number> {
  const { signal } = new AbortController();
  const { problems, anchors, tracked, ...removed } = await cleanUpIptables({
    exec,
    clock: systemClock,
    signal,
  });
  const tables = await removeNftablesTables({ needsAnchor: (family) => !tracked.includes(family) });
  log.notice({ ...removed, tables: removedCount(tables) }, 'removed the rules of service proxies');
  for (const program of [...anchors, ...anchoredTables(tables)])
    log.notice({ program }, 'left an empty-handed chain in nat so that established connections live on');
  const all = [...problems, ...tables.flatMap(({ problem }) => problem ?? [])];
  for (const problem of all) log.error({ problem }, 'something could not be removed');
  return all.length > 0 ? 1 : 0;
}

function removedCount(tables: readonly TableRemoval[]): number {
  return tables.filter(({ isRemoved }) => isRemoved).length;
}

function anchoredTables(tables: readonly TableRemoval[]): string[] {
  return tables
    .filter(({ isAnchored }) => isAnchored)
    .map(({ family }) => `nft, table ${family === 'IPv4' ? 'ip' : 'ip6'} kube-proxy`);
}

/** undefined: somebody else has it. */
function lockAtOnce(): Promise<NodeLock | undefined> {
  const waiting = new AbortController();
  return acquireNodeLock({ clock: systemClock, signal: waiting.signal, onWait: () => waiting.abort() });
}
