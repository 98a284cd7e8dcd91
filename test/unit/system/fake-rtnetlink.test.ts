// The fake kernel of links and addresses keeps the real one's promises; what only a fake can do is tested here too.
import { describe, expect, it } from 'vitest';
import { createWatchNodeAddresses, type NodeAddress } from '../../../src/system/node-addresses.ts';
import { describeNetlink } from '../../contract/netlink-contract.ts';
import { FakeRtnetlink } from '../../fakes/fake-rtnetlink.ts';

function createKernel(): FakeRtnetlink {
  const kernel = new FakeRtnetlink();
  kernel.addLink('lo');
  return kernel;
}

describeNetlink('the fake', () => {
  const kernel = createKernel();
  return {
    open: kernel.open,
    addLink: (name) => kernel.addLink(name),
    renameLink: (name, newName) => kernel.renameLink(name, newName),
    removeLink: (name) => kernel.removeLink(name),
    addAddress: (link, cidr) => kernel.addAddress(link, cidr),
    removeAddress: (link, cidr) => kernel.removeAddress(link, cidr),
    overrun: () => {
      kernel.addAddress('lo', '10.9.9.9/32');
      kernel.overrun();
    },
  };
});

describe('the watch of the node addresses', () => {
  const watch = (kernel: FakeRtnetlink, signal: AbortSignal): NodeAddress[][] => {
    const lists: NodeAddress[][] = [];
    createWatchNodeAddresses(kernel.open)({
      onChange: (addresses) => lists.push([...addresses]),
      onError: (error) => {
        throw error;
      },
      signal,
    });
    return lists;
  };

  it('dumps again when a change interrupted the dump', () => {
    const kernel = createKernel();
    kernel.addAddress('lo', '127.0.0.1/8');
    kernel.interruptDumps(3);
    const end = new AbortController();
    expect(watch(kernel, end.signal)).toEqual([[{ ip: '127.0.0.1', link: 'lo' }]]);
    end.abort();
  });

  it('gives up dumping when every dump is interrupted', () => {
    const kernel = createKernel();
    kernel.interruptDumps(Number.POSITIVE_INFINITY);
    const end = new AbortController();
    expect(watch(kernel, end.signal)).toEqual([[]]);
    end.abort();
  });

  it('makes one change of a burst of events, and none of events that change no address', async () => {
    const kernel = createKernel();
    const end = new AbortController();
    const lists = watch(kernel, end.signal);
    for (let i = 1; i < 100; i++) kernel.addAddress('lo', `10.0.0.${i}/32`);
    await new Promise((resolve) => setImmediate(resolve));
    kernel.addLink('veth0');
    kernel.removeLink('veth0');
    await new Promise((resolve) => setImmediate(resolve));
    expect(lists.map((list) => list.length)).toEqual([0, 99]);
    end.abort();
  });

  it('closes its sockets when it ends, and opens none when it ended before it began', () => {
    const kernel = createKernel();
    const end = new AbortController();
    watch(kernel, end.signal);
    expect(kernel.openSocketCount).toBe(2);
    end.abort();
    expect(kernel.openSocketCount).toBe(0);
    watch(kernel, end.signal);
    expect(kernel.openSocketCount).toBe(0);
  });
});
