// The netlink library and the watch of addresses against the real kernel, in network namespaces made for it.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { NETLINK_ROUTE, openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { describeNetlink, type NetlinkBed } from '../../contract/netlink-contract.ts';
import { createScratchNetns } from './scratch-netns.ts';

/** Addresses on a loopback link that is down: nothing but what the test adds. */
function createBed(): NetlinkBed {
  const netns = createScratchNetns();
  const ip = (...args: string[]): void => {
    execFileSync('ip', ['-n', netns, ...args]);
  };
  return {
    open: (options) => inNetns(netns, () => openNetlinkSocket(options)),
    addLink: (name) => ip('link', 'add', name, 'type', 'bridge'),
    renameLink: (name, newName) => ip('link', 'set', name, 'name', newName),
    removeLink: (name) => ip('link', 'del', name),
    addAddress: (link, cidr) => ip('addr', 'add', cidr, 'dev', link),
    removeAddress: (link, cidr) => ip('addr', 'del', cidr, 'dev', link),
    overrun: () => overrun(netns),
  };
}

/** More events at once than a receive buffer of the default size holds. */
function overrun(netns: string): void {
  const commands = Array.from({ length: 1500 }, (_, i) => `10.5.${i >> 8}.${i & 255}/32 dev lo\n`);
  const batch = [
    ...commands.map((address) => `addr add ${address}`),
    ...commands.map((address) => `addr del ${address}`),
    'addr add 10.9.9.9/32 dev lo\n',
  ].join('');
  execFileSync('ip', ['-n', netns, '-batch', '-'], { input: batch });
}

describeNetlink('the kernel', createBed);

describe('a netlink socket', () => {
  it('takes a send buffer beyond the limit of the machine, and a datagram that needs it', () => {
    const bed = createBed();
    const socket = bed.open({ protocol: NETLINK_ROUTE, sendBufferBytes: 16 * 1024 * 1024 });
    // A netlink header that says that nothing follows: the kernel ignores it.
    expect(() => socket.send(new Uint8Array(8 * 1024 * 1024))).not.toThrow();
    const small = bed.open({ protocol: NETLINK_ROUTE });
    expect(() => small.send(new Uint8Array(8 * 1024 * 1024))).toThrow('EMSGSIZE');
    socket.close();
    small.close();
  });
});
