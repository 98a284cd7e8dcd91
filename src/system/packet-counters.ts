// Counters of packets that rules feed by their name (nfacct), read over netlink: nfnetlink_acct in the kernel.
import { attributesOf } from './netlink/message-reader.ts';
import { MessageWriter } from './netlink/message-writer.ts';
import { NetlinkConnection } from './netlink/netlink-connection.ts';
import { NetlinkError } from './netlink/netlink-error.ts';
import { NETLINK_NETFILTER, type OpenNetlinkSocket } from './netlink/netlink-socket.ts';

// linux/netfilter/nfnetlink.h and nfnetlink_acct.h.
const NFNL_SUBSYS_ACCT = 7;
const NFNL_MSG_ACCT_GET = 1;
const NFACCT_NAME = 1;
const NFACCT_PKTS = 2;
const NFPROTO_UNSPECIFIED = 0;
const NFGENMSG_BYTES = 4;

/** How many packets the counter has seen; undefined when there is no such counter, or no such kernel. */
export type ReadPacketCounter = (name: string) => number | undefined;

export function createReadPacketCounter(openSocket: OpenNetlinkSocket): ReadPacketCounter {
  return (name) => {
    const socket = openSocket({ protocol: NETLINK_NETFILTER });
    try {
      return packetsOf(new NetlinkConnection(socket), name);
    } catch (error) {
      if (error instanceof NetlinkError) return undefined;
      throw error;
    } finally {
      socket.close();
    }
  };
}

function packetsOf(connection: NetlinkConnection, name: string): number | undefined {
  const writer = new MessageWriter(64);
  const type = (NFNL_SUBSYS_ACCT << 8) | NFNL_MSG_ACCT_GET;
  // struct nfgenmsg: family, version, resource id.
  writer.beginMessage({ type, flags: 0, sequence: connection.nextSequence() });
  writer.u8(NFPROTO_UNSPECIFIED).u8(0).be16(0).attributeString(NFACCT_NAME, name).end();
  const [answer] = connection.query(writer.bytes());
  const packets = answer && attributesOf(answer.payload, NFGENMSG_BYTES).get(NFACCT_PKTS);
  return packets && Number(packets.readBigUInt64BE());
}
