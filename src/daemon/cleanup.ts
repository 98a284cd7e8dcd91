// `fairlead --cleanup`: removes what service proxies left on this node.
import { cleanUpIptables } from '../dataplane/iptables/cleanup.ts';
import { createLogger, type Logger, standardError } from '../log/logger.ts';
import { exec } from '../system/exec.ts';
import { acquireNodeLock, type NodeLock } from '../system/node-lock.ts';
import { systemClock } from '../util/clock.ts';

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
  const { problems, anchors, ...removed } = await cleanUpIptables({ exec, clock: systemClock, signal });
  log.notice(removed, 'removed the rules of service proxies');
  for (const program of anchors)
    log.notice({ program }, 'left an empty-handed chain in nat so that established connections live on');
  for (const problem of problems) log.error({ problem }, 'something could not be removed');
  return problems.length > 0 ? 1 : 0;
}

/** undefined: somebody else has it. */
function lockAtOnce(): Promise<NodeLock | undefined> {
  const waiting = new AbortController();
  return acquireNodeLock({ clock: systemClock, signal: waiting.signal, onWait: () => waiting.abort() });
}
