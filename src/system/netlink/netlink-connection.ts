// Requests to the kernel over one netlink socket: sequence numbers, acknowledgements, batches and dumps. Synchronous, since
// the kernel answers within `send`; what takes the kernel long is asked on another thread.
import { constants } from 'node:os';
import {
  errorOf,
  type NetlinkMessage,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  readMessages,
} from './message-reader.ts';
import { isOverrun, NetlinkError } from './netlink-error.ts';
import type { NetlinkSocket } from './netlink-socket.ts';

/** Asks for an answer to a message that succeeds; a refusal is always answered. */
export const NLM_F_ACK = 4;
/** Asks for all objects: NLM_F_ROOT | NLM_F_MATCH. */
export const NLM_F_DUMP = 0x300;

/** A message of a batch that the kernel refused. */
export interface Refusal {
  readonly sequence: number;
  readonly error: NetlinkError;
}

/** For a socket without multicast groups: everything that it receives is an answer. Whoever made the socket closes it. */
export class NetlinkConnection {
  readonly #socket: NetlinkSocket;
  #sequence = 0;

  constructor(socket: NetlinkSocket) {
    this.#socket = socket;
  }

  /** A number for the next message: 32 bits, never 0, which is what events carry. */
  nextSequence(): number {
    this.#sequence = (this.#sequence % 0xffffffff) + 1;
    return this.#sequence;
  }

  /**
   * Sends messages in one datagram and hands back all that the kernel refused, in its order; none when all was done.
   * Throws NetlinkError when the datagram could not be sent or its answers did not fit into the receive buffer.
   */
  transact(datagram: Uint8Array): readonly Refusal[] {
    this.#discardRest();
    this.#socket.send(datagram);
    return this.#refusals();
  }

  /**
   * As `transact`, with the kernel at work on another thread. Nothing else can be asked meanwhile. Refusals that do not fit into the
   * receive buffer are left out, unless that is all of them: rejects with ENOBUFS then.
   */
  async transactApart(datagram: Uint8Array): Promise<readonly Refusal[]> {
    this.#discardRest();
    await this.#socket.sendApart(datagram);
    try {
      return this.#refusals();
    } catch (error) {
      const refusals = isOverrun(error) ? this.#refusals() : [];
      if (refusals.length === 0) throw error;
      return refusals;
    }
  }

  /** Sends one message that needs no data in return. Throws NetlinkError when the kernel refuses it. */
  request(datagram: Uint8Array): void {
    const [refusal] = this.transact(datagram);
    if (refusal) throw refusal.error;
  }

  /**
   * Sends one request for data, a NLM_F_DUMP or for one object, and yields the messages of the answer; each is valid until
   * the next one is taken. Returns false when a change meanwhile made a dump inconsistent: the caller dumps again then.
   * Throws NetlinkError when the kernel refuses.
   */
  *query(datagram: Uint8Array): Generator<NetlinkMessage, boolean> {
    let isConsistent = true;
    for (const message of this.#exchange(datagram)) {
      if (message.flags & NLM_F_DUMP_INTR) isConsistent = false;
      if (isData(message)) yield message;
    }
    return isConsistent;
  }

  /**
   * Sends one NLM_F_DUMP and yields the messages of the answer, those of one datagram together; they are valid until the next
   * ones are taken. The kernel works on another thread, so that the event loop goes on however much it has to walk through.
   * Nothing else can be asked meanwhile. Rejects with NetlinkError when the kernel refuses; at the end, with EINTR, when a change
   * meanwhile made the dump inconsistent (of which conntrack tells nothing), provided that all messages were taken.
   */
  async *queryApart(datagram: Uint8Array): AsyncGenerator<Iterable<NetlinkMessage>, void> {
    this.#discardRest();
    await this.#socket.sendApart(datagram);
    const dump = { isConsistent: true };
    for (;;) {
      const answer = await this.#socket.receiveApart();
      if (!answer) break;
      yield dataOf(answer, dump);
    }
    if (!dump.isConsistent) throw new NetlinkError(constants.errno.EINTR);
  }

  /** Everything that the kernel answers. Ends when nothing waits any more: the kernel goes on with a dump within recv(2). */
  *#exchange(datagram: Uint8Array): Generator<NetlinkMessage, void> {
    this.#discardRest();
    this.#socket.send(datagram);
    yield* this.#answers();
  }

  *#answers(): Generator<NetlinkMessage, void> {
    for (let answer = this.#socket.receive(); answer; answer = this.#socket.receive())
      yield* readMessages(answer);
  }

  #refusals(): Refusal[] {
    const refusals: Refusal[] = [];
    for (const message of this.#answers()) {
      const error = message.type === NLMSG_ERROR ? errorOf(message) : undefined;
      if (error) refusals.push({ sequence: message.sequence, error });
    }
    return refusals;
  }

  /** A dump that nobody took to its end would answer instead, and the kernel refuses a second one beside it. */
  #discardRest(): void {
    while (this.#socket.receive());
  }
}

function* dataOf(answer: Buffer, dump: { isConsistent: boolean }): Generator<NetlinkMessage, void> {
  for (const message of readMessages(answer)) {
    if (message.flags & NLM_F_DUMP_INTR) dump.isConsistent = false;
    if (isData(message)) yield message;
  }
}

/** False for what ends a dump or acknowledges. Throws the refusal. */
function isData(message: NetlinkMessage): boolean {
  if (message.type !== NLMSG_DONE && message.type !== NLMSG_ERROR) return true;
  const error = errorOf(message);
  if (error) throw error;
  return false;
}
