// A program of classic BPF (linux/filter.h) that a socket runs for each datagram before it is queued.

/** Load the 32 bits at an offset; compare with a constant and jump so many instructions on; return what to keep. */
const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const NOTHING = 0;
const ALL = 0xffffffff;

/** Where a netlink header has the port id. The kernel puts it there, of whose request the message is a result. */
const PORT_ID_OFFSET = 12;

/** Keeps out what the socket with this port id caused, at no cost for its reader. */
export function exceptFromFilter(portId: number): Buffer {
  return Buffer.concat([
    instruction(LOAD_WORD, PORT_ID_OFFSET),
    instruction(JUMP_IF_EQUAL, inNetworkOrder(portId), 0, 1),
    instruction(RETURN, NOTHING),
    instruction(RETURN, ALL),
  ]);
}

/** struct sock_filter: what to do, how far to jump if true and if false, and an operand. */
function instruction(code: number, operand: number, ifTrue = 0, ifFalse = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}

/** BPF loads words in network byte order, netlink writes them in that of the machine. */
function inNetworkOrder(word: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(word);
  return bytes.readUInt32BE();
}
