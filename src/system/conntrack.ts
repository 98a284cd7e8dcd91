// The kernel's table of tracked UDP flows as a port, with errors that say what is missing.
import { deleteFlows, type FlowQuery, udpFlows } from './netlink/conntrack.ts';
import type { ConntrackFlow } from './netlink/conntrack-flow.ts';
import { NetlinkError } from './netlink/netlink-error.ts';
import { NETLINK_NETFILTER, type NetlinkSocket, type OpenNetlinkSocket } from './netlink/netlink-socket.ts';

export class ConntrackError extends Error {
  readonly code = 'ERR_CONNTRACK';

  constructor(cause: unknown) {
    super(`cannot use the kernel's table of connections: ${remedyFor(cause)}`, { cause });
    this.name = 'ConntrackError';
  }
}

/** Works in the network namespace of the thread that opened it. Whatever fails is a ConntrackError. */
export class Conntrack {
  // Two, because the kernel answers nothing else on a socket while it lists.
  readonly #listing: NetlinkSocket;
  readonly #deleting: NetlinkSocket;

  static open(open: OpenNetlinkSocket): Conntrack {
    const openSocket = () => attempt(() => open({ protocol: NETLINK_NETFILTER }));
    const listing = openSocket();
    try {
      return new Conntrack(listing, openSocket());
    } catch (error) {
      listing.close();
      throw error;
    }
  }

  constructor(listing: NetlinkSocket, deleting: NetlinkSocket) {
    this.#listing = listing;
    this.#deleting = deleting;
  }

  /** As `udpFlows` of netlink/conntrack.ts: in parts, each valid until the next one is taken. */
  async *udpFlows(query: FlowQuery): AsyncGenerator<Iterable<ConntrackFlow>, void> {
    try {
      yield* udpFlows(this.#listing, query);
    } catch (error) {
      throw new ConntrackError(error);
    }
  }

  /** Answers how many of the flows there still were. */
  delete(flows: readonly ConntrackFlow[]): number {
    return attempt(() => deleteFlows(this.#deleting, flows));
  }

  /** Not while a part is waited for. */
  close(): void {
    this.#listing.close();
    this.#deleting.close();
  }
}

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new ConntrackError(error);
  }
}

function remedyFor(cause: unknown): string {
  const code = cause instanceof NetlinkError ? cause.code : undefined;
  if (code === 'EPERM') return 'this takes the capability CAP_NET_ADMIN';
  // What nfnetlink answers for a part of netfilter that is not there, and socket(2) without nfnetlink.
  if (code === 'EINVAL' || code === 'EPROTONOSUPPORT')
    return 'the kernel module nf_conntrack_netlink is missing';
  return cause instanceof Error ? cause.message : String(cause);
}
