// The kernel's table of flows, in a network namespace made for the test.
import { Conntrack } from '../../../src/system/conntrack.ts';
import { NETLINK_NETFILTER, openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { inNetns } from '../../../src/system/netns.ts';
import { type Address, trackFlows } from '../../builders/tracked-flows.ts';
import { describeFlowTable } from '../../contract/flow-table-contract.ts';
import { createScratchNetns } from '../system/scratch-netns.ts';

describeFlowTable('the kernel', () => {
  const netns = createScratchNetns();
  let sourcePort = 4_000;
  const add = (destination: string, reply: string) => {
    const socket = inNetns(netns, () => openNetlinkSocket({ protocol: NETLINK_NETFILTER }));
    const to = addressOf(destination);
    const source = { ip: to.ip.includes(':') ? 'fd00::99' : '10.244.1.99', port: sourcePort++ };
    trackFlows(socket, [{ protocol: 'UDP', source, destination: to, replySource: addressOf(reply) }]);
    socket.close();
  };
  return { table: inNetns(netns, () => Conntrack.open(openNetlinkSocket)), add };
});

function addressOf(text: string): Address {
  const colon = text.lastIndexOf(':');
  return { ip: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}
