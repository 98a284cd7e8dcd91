// NodePorts on 127.0.0.0/8 in nftables mode: packets from there leave the node only with route_localnet. It is set once the table is
// written, which keeps neighbours out of 127.0.0.0/8 (CVE-2020-8558).
import type { Logger } from '../log/logger.ts';
import type { SyncObserver } from '../sync/observer.ts';
import { ensureSysctl, type Sysctl } from '../system/sysctl.ts';

export interface RouteLocalnetDeps {
  readonly sysctl: Sysctl;
  readonly log: Pick<Logger, 'warn'>;
}

const ROUTE_LOCALNET = 'net/ipv4/conf/all/route_localnet';

/** Looks again after each complete sync: somebody may have reset it. What cannot be set costs these NodePorts and nothing else. */
export function createRouteLocalnet(deps: RouteLocalnetDeps): Pick<SyncObserver, 'onCommit' | 'onSync'> {
  let isWanted = false;
  let isNew = false;
  return {
    onCommit: ({ family, global }) => {
      if (family !== 'IPv4' || !global) return;
      isNew = global.hasLocalhostNodePorts && !isWanted;
      isWanted = global.hasLocalhostNodePorts;
    },
    onSync: ({ family, cause, outcome }) => {
      if (family !== 'IPv4' || outcome === 'failed' || !isWanted) return;
      if (isNew || cause !== 'changes') routeLocalnet(deps);
      isNew = false;
    },
  };
}

function routeLocalnet({ sysctl, log }: RouteLocalnetDeps): void {
  try {
    ensureSysctl(sysctl, ROUTE_LOCALNET, '1');
  } catch (err) {
    log.warn({ err }, 'cannot write a kernel setting, NodePorts on 127.0.0.1 will not answer');
  }
}
