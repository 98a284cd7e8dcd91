// What runs in each pod: tells who it is and which peer it sees, and then sends back whatever it gets.
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { openSocket } from '../../system/netns.ts';

export interface SocketAddress {
  readonly ip: string;
  readonly port: number;
}

/** The greeting, one line of JSON: first on every TCP connection, and at the head of every UDP answer. */
export interface Answer {
  /** The name of the place that answers. */
  readonly name: string;
  /** The address that the connection arrived at, after any destination NAT. */
  readonly local: SocketAddress;
  /** The peer that the server sees, after any source NAT. */
  readonly peer: SocketAddress;
}

export interface EchoPort extends SocketAddress {
  readonly protocol: 'TCP' | 'UDP';
}

/** The echo servers of one namespace. */
export class EchoServer {
  readonly #netns: string;
  readonly #name: string;
  readonly #listeners = new Set<Server | DatagramSocket>();
  readonly #connections = new Set<Socket>();

  constructor(netns: string, name: string) {
    this.#netns = netns;
    this.#name = name;
  }

  /** Resolves when the port is served. */
  async listen({ ip, port, protocol }: EchoPort): Promise<void> {
    const fd = openSocket({ netns: this.#netns, protocol, local: { ip, port } });
    if (protocol === 'TCP') await this.#listenTcp(fd);
    else this.#listenUdp(fd, { ip, port });
  }

  /** Closes everything at once, as the death of the process would. */
  close(): void {
    for (const listener of this.#listeners) listener.close();
    for (const connection of this.#connections) connection.destroy();
    this.#listeners.clear();
    this.#connections.clear();
  }

  async #listenTcp(fd: number): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
    this.#listeners.add(server);
    await once(server.listen({ fd, backlog: 4096 }), 'listening');
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    socket.on('close', () => this.#connections.delete(socket));
    // A client that resets its connection is the usual end of a probe.
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => socket.write(data));
    socket.write(
      this.#greeting(
        { ip: socket.localAddress ?? '', port: socket.localPort ?? 0 },
        { ip: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 },
      ),
    );
  }

  #listenUdp(fd: number, local: SocketAddress): void {
    const socket = createSocket(isIPv6(local.ip) ? 'udp6' : 'udp4');
    // A port unreachable from a client that has gone.
    socket.on('error', () => {});
    socket.on('message', (data, { address, port }) => {
      const greeting = this.#greeting(local, { ip: address, port });
      socket.send([greeting, data], port, address, () => {});
    });
    this.#listeners.add(socket);
    socket.bind({ fd });
  }

  #greeting(local: SocketAddress, peer: SocketAddress): string {
    const answer: Answer = { name: this.#name, local, peer };
    return `${JSON.stringify(answer)}\n`;
  }
}
