import os from 'node:os';
import { expect, it } from 'vitest';
import { Conntrack, ConntrackError } from '../../../src/system/conntrack.ts';
import { NetlinkError } from '../../../src/system/netlink/netlink-error.ts';
import type { NetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';

const { EPERM, EINVAL, ENOBUFS } = os.constants.errno;

it.each([
  ['the capability', EPERM, 'this takes the capability CAP_NET_ADMIN'],
  ['the kernel module', EINVAL, 'the kernel module nf_conntrack_netlink is missing'],
  ['the error when nothing is known of it', ENOBUFS, 'ENOBUFS'],
])('names %s that is missing', async (_, errno, words) => {
  const table = Conntrack.open(() => new RefusingSocket(errno));
  const listing = table.udpFlows({ family: 'IPv4', destination: undefined });
  await expect(listing.next()).rejects.toThrow(ConntrackError);
  await expect(table.udpFlows({ family: 'IPv4', destination: undefined }).next()).rejects.toThrow(words);
});

it('leaves no socket open when it cannot have two', () => {
  const first = new RefusingSocket(EPERM);
  const sockets = [first];
  const open = () => {
    const socket = sockets.pop();
    if (!socket) throw new NetlinkError(ENOBUFS);
    return socket;
  };
  expect(() => Conntrack.open(open)).toThrow(ConntrackError);
  expect(first.isClosed).toBe(true);
});

/** A socket whose requests the kernel refuses. */
class RefusingSocket implements NetlinkSocket {
  readonly portId = 1;
  isClosed = false;
  readonly #errno: number;

  constructor(errno: number) {
    this.#errno = errno;
  }

  send(): void {
    throw new NetlinkError(this.#errno);
  }

  receive(): undefined {}

  async sendApart(): Promise<void> {
    this.send();
  }

  async receiveApart(): Promise<undefined> {}

  onReadable(): void {}

  close(): void {
    this.isClosed = true;
  }
}
