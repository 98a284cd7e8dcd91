// Addresses on which servers listen, as text.
import { type Ip, joinHostPort, parseIp } from '../model/ip.ts';

export interface HostPort {
  readonly ip: Ip;
  readonly port: number;
}

/** As upstream's validation: brackets around IPv6, a port from 1 to 65535, which may be missing; undefined for all else. */
export function parseHostPort(raw: string, defaultPort: number): HostPort | undefined {
  const bare = parseIp(raw.replace(/^\[(.*)\]$/, '$1'));
  if (bare) return { ip: bare, port: defaultPort };
  const [, bracketed, plain, portText] = /^(?:\[(.*)\]|([^:]*)):(\d{1,5})$/.exec(raw) ?? [];
  const address = parseIp(bracketed ?? plain ?? '');
  const port = Number(portText);
  return address && port >= 1 && port <= 65_535 ? { ip: address, port } : undefined;
}

/** The inverse; empty for no server. */
export function hostPortText(address: HostPort | undefined): string {
  return address ? joinHostPort(address.ip, address.port) : '';
}
