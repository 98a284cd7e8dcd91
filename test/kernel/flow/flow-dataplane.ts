// What the suite has to know of a dataplane.
import type { ControlPlane } from '../../../src/lab/control-plane/control-plane.ts';
import type { Daemon } from '../../../src/lab/daemon.ts';
import type { Lab } from '../../../src/lab/lab.ts';
import { flowNode, type NodeName, type ProxySettings } from './world.ts';

export interface FlowDataplane {
  /** As in `iptables legacy`. */
  readonly name: string;
  /** KubeProxyConfiguration's mode. */
  readonly mode: 'iptables' | 'nftables';
  /** For the daemons. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the dataplane cannot do. */
  readonly skips?: readonly FlowSkip[];
  /** Starts a node's daemon in another way than as a program of the machine. */
  readonly startDaemon?: (place: FlowDaemonPlace) => Promise<Daemon>;
}

export interface FlowDaemonPlace {
  readonly lab: Lab;
  readonly controlPlane: ControlPlane;
  readonly nodeName: NodeName;
  /** On top of what every daemon of a lab has. */
  readonly config: Readonly<Record<string, unknown>>;
}

export interface FlowSkip {
  /** Tells the cases by their full names, the group's name and the case's. */
  readonly fits: RegExp;
  readonly reason: string;
}

/** Seven daemons share the machine, so that what a sync takes says nothing about when the next one should be. */
const MIN_SYNC_PERIOD = '100ms';

/** nftables mode serves loopback only where it is named. */
function withLocalhost(
  mode: FlowDataplane['mode'],
  { nodePortAddresses, localhostNodePorts }: ProxySettings,
): readonly string[] {
  const isMeant = localhostNodePorts && nodePortAddresses.includes('0.0.0.0/0');
  return mode === 'nftables' && isMeant ? [...nodePortAddresses, 'localhost'] : nodePortAddresses;
}

/** The configuration of the node's daemon, on top of what every daemon of a lab has. */
export function daemonConfigOf({ mode }: FlowDataplane, name: NodeName): Readonly<Record<string, unknown>> {
  const { settings } = flowNode(name);
  const { detectLocalMode, clusterCidrs, masqueradeAll, localhostNodePorts } = settings;
  return {
    mode,
    detectLocalMode,
    detectLocal: {
      bridgeInterface: settings.bridgeInterface,
      interfaceNamePrefix: settings.interfaceNamePrefix,
    },
    clusterCIDR: clusterCidrs.join(','),
    nodePortAddresses: withLocalhost(mode, settings),
    iptables: { masqueradeAll, localhostNodePorts, minSyncPeriod: MIN_SYNC_PERIOD },
    nftables: { masqueradeAll, minSyncPeriod: MIN_SYNC_PERIOD },
  };
}
