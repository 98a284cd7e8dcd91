// One client connection out of a namespace, the same for TCP and UDP: text goes out, lines come back. Echo servers greet
// with one line of JSON (see echo-server.ts) and then send back what they get.
import { createSocket } from 'node:dgram';
import { isIPv6, Socket } from 'node:net';
import { openSocket } from '../../system/netns.ts';

export interface Target {
  readonly to: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  /** The source; undefined parts are the kernel's choice. */
  readonly fromIp?: string | undefined;
  readonly fromPort?: number | undefined;
  /** The routing mark of the packets; see Place.probe's `via`. */
  readonly mark?: number | undefined;
}

export interface ConnectionEvents {
  onLine(line: string): void;
  /** At most once, and the last event: a symbolic errno, or EOF when the peer closed. */
  onError(code: string): void;
}

export interface Connection {
  send(text: string): void;
  /** No events come after it. A TCP peer gets a reset, so that thousands of probes leave no TIME_WAIT behind. */
  close(): void;
}

/** Connects from the namespace. Throws SystemCallError when not even a socket can be made (source in use, say). */
export function connect(netns: string, target: Target, events: ConnectionEvents): Connection {
  const fd = openSocket({
    netns,
    protocol: target.protocol,
    local: { ip: target.fromIp ?? (isIPv6(target.to) ? '::' : '0.0.0.0'), port: target.fromPort ?? 0 },
    mark: target.mark ?? 0,
  });
  return target.protocol === 'TCP' ? connectTcp(fd, target, events) : connectUdp(fd, target, events);
}

function connectTcp(fd: number, target: Target, events: ConnectionEvents): Connection {
  const socket = new Socket({ fd });
  const lines = new LineSplitter((line) => events.onLine(line));
  socket.setNoDelay(true);
  socket.on('data', (data) => lines.push(String(data)));
  socket.on('error', (error) => events.onError(errorCode(error)));
  socket.on('end', () => events.onError('EOF'));
  socket.connect(target.port, target.to);
  return {
    send: (text) => void socket.write(text),
    close: () => {
      silence(socket);
      socket.resetAndDestroy();
    },
  };
}

/** A connected UDP socket, because only to those does the kernel report what ICMP says. */
function connectUdp(fd: number, target: Target, events: ConnectionEvents): Connection {
  const socket = createSocket(isIPv6(target.to) ? 'udp6' : 'udp4');
  socket.on('message', (data) => {
    for (const line of String(data).split('\n')) if (line) events.onLine(line);
  });
  socket.on('error', (error) => events.onError(errorCode(error)));
  // Without a callback Node keeps to itself that the kernel dropped the packet (EPERM).
  const send = (text: string) => socket.send(text, (error) => error && socket.emit('error', error));
  // The greeting answers the first datagram, so there has to be one.
  socket.on('connect', () => send(''));
  socket.bind({ fd });
  socket.connect(target.port, target.to);
  return {
    send,
    close: () => {
      silence(socket);
      socket.close();
    },
  };
}

/** What a closing socket still has to say interests nobody, but an `error` without a listener would end the process. */
function silence(socket: NodeJS.EventEmitter): void {
  socket.removeAllListeners();
  socket.on('error', () => {});
}

class LineSplitter {
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line);
  }
}

export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
