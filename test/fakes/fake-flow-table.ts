// A table of tracked flows in memory: lists in parts, and forgets a part when the next one is taken, as the kernel's does.
import type { FlowQuery, FlowTable, UdpFlow } from '../../src/flows/flow-table.ts';

const PART = 2;

export class FakeFlowTable implements FlowTable<UdpFlow> {
  readonly flows: UdpFlow[] = [];
  /** What was listed: the destinations, `all` for everything. */
  readonly listings: string[] = [];
  openCount = 0;
  /** Thrown by the next listing. */
  failure: Error | undefined;
  /** Called before each part of a listing is handed out. */
  onPart: () => void = () => {};
  #listed: readonly UdpFlow[] = [];

  /** Opens it once more. */
  readonly open = (): FakeFlowTable => {
    this.openCount++;
    return this;
  };

  /** `destination`, then who answers, as `ip:port`; the destination itself if nobody translated it. */
  add(destination: string, reply = destination): UdpFlow {
    const flow = aFlow(destination, reply);
    this.flows.push(flow);
    return flow;
  }

  async *udpFlows({ family, destination }: FlowQuery): AsyncGenerator<readonly UdpFlow[], void> {
    const { failure } = this;
    this.failure = undefined;
    this.listings.push(destination ? `${destination.ip ?? ''}:${destination.port}` : 'all');
    if (failure) throw failure;
    const flows = this.flows.filter(
      ({ destinationIp, destinationPort }) =>
        destinationIp.includes(':') === (family === 'IPv6') &&
        (destination?.port ?? destinationPort) === destinationPort &&
        (destination?.ip ?? destinationIp) === destinationIp,
    );
    for (let at = 0; at < flows.length; at += PART) {
      this.#listed = flows.slice(at, at + PART);
      this.onPart();
      yield this.#listed;
    }
    this.#listed = [];
  }

  delete(flows: readonly UdpFlow[]): number {
    if (flows.some((flow) => !this.#listed.includes(flow))) throw new Error('a flow of another part');
    const there = flows.filter((flow) => this.flows.includes(flow));
    for (const flow of there) this.flows.splice(this.flows.indexOf(flow), 1);
    return there.length;
  }

  close(): void {
    this.openCount--;
  }
}

export function aFlow(destination: string, reply = destination): UdpFlow {
  const [to, from] = [addressOf(destination), addressOf(reply)];
  return { destinationIp: to.ip, destinationPort: to.port, replyIp: from.ip, replyPort: from.port };
}

export function flowText({ destinationIp, destinationPort, replyIp, replyPort }: UdpFlow): string {
  return `${destinationIp}:${destinationPort} <- ${replyIp}:${replyPort}`;
}

function addressOf(text: string): { readonly ip: string; readonly port: number } {
  const colon = text.lastIndexOf(':');
  return { ip: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}
