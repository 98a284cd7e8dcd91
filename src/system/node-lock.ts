// One writer per node: the lock is an abstract unix socket, which belongs to the network namespace, exactly as the rules do
// that it protects. The kernel releases it when its holder dies, however that happens, and the children that hold it too, and
// tells those who wait, because each waits on a connection to the holder.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Clock, sleep } from '../util/clock.ts';
import { bindAbstractSocket } from './abstract-socket.ts';

export interface NodeLock {
  /**
   * For `Command.holds`: a child that outlives a killed daemon may still be about to write, and keeps the lock until it has.
   */
  readonly fd: number;
  /** Gives the lock to the next. Releasing again does nothing. */
  release(): void;
}

export interface NodeLockRequest {
  readonly clock: Clock;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  /** Called once if somebody else holds the lock. */
  readonly onWait?: () => void;
}

export type AcquireNodeLock = (request: NodeLockRequest) => Promise<NodeLock | undefined>;

const NAME = 'fairlead-node-lock';
/** The leading zero byte makes it abstract: no file, nothing to clean up. */
const ADDRESS = `\0${NAME}`;
/** When the holder has bound the address but takes no connections, which lasts microseconds if it is one of ours. */
const RETRY_MS = 100;

/** Waits for the lock of this network namespace. Resolves to undefined when the signal aborts. Throws for other errors. */
export const acquireNodeLock: AcquireNodeLock = async ({ clock, signal, onWait }) => {
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    const lock = await tryAcquire();
    if (lock) return lock;
    if (isFirst) onWait?.();
    // Whoever does not want to wait aborts there.
    if (signal.aborted) break;
    const wasConnected = await holderIsGone(signal);
    if (!wasConnected) await sleep(clock, RETRY_MS, signal);
  }
  return undefined;
};

async function tryAcquire(): Promise<NodeLock | undefined> {
  const fd = bindAbstractSocket(NAME);
  if (fd === undefined) return undefined;
  const waiting = new Set<Socket>();
  const server = createServer((socket) => keepUntilClosed(socket, waiting));
  server.listen({ fd });
  await once(server, 'listening');
  // Holding the lock is no reason for the process to live.
  server.unref();
  return { fd, release: () => release(server, waiting) };
}

function keepUntilClosed(socket: Socket, waiting: Set<Socket>): void {
  waiting.add(socket);
  socket.unref();
  // What a stranger sends is thrown away; how the connection ends does not matter.
  socket.resume();
  socket.on('error', () => {});
  socket.once('close', () => waiting.delete(socket));
}

function release(server: Server, waiting: ReadonlySet<Socket>): void {
  server.close();
  for (const socket of waiting) socket.destroy();
}

/** Resolves when the connection to the holder ends, or the signal aborts; false when there never was one. */
function holderIsGone(signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    let wasConnected = false;
    const socket = connect(ADDRESS, () => {
      wasConnected = true;
    });
    const stop = (): void => {
      socket.destroy();
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.resume();
    // Every error is followed by 'close'.
    socket.on('error', () => {});
    socket.once('close', () => {
      signal.removeEventListener('abort', stop);
      resolve(wasConnected);
    });
  });
}
