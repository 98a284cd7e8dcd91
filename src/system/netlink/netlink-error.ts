// The kernel's refusal of a netlink request or of a socket call.
import { getSystemErrorName } from 'node:util';

/** `code` is the symbolic errno as Node names it (EOPNOTSUPP is ENOTSUP there); the message has the kernel's own sentence where there is one. */
export class NetlinkError extends Error {
  readonly errno: number;
  readonly code: string;

  constructor(errno: number, sentence?: string) {
    const code = getSystemErrorName(-errno);
    super(sentence ? `${code}: ${sentence}` : code);
    this.name = 'NetlinkError';
    this.errno = errno;
    this.code = code;
  }
}

/** True if the kernel had to throw events away because they were not read in time: what is known is out of date. */
export function isOverrun(error: unknown): boolean {
  return error instanceof NetlinkError && error.code === 'ENOBUFS';
}
