// Kernel settings under /proc/sys. Those below net/ belong to the network namespace of the calling thread.
import { readFileSync, writeFileSync } from 'node:fs';

/** Names are paths below /proc/sys, as in `net/ipv4/conf/all/route_localnet`. */
export interface Sysctl {
  /** The value without its line end; undefined if this kernel does not have the setting. */
  read(name: string): string | undefined;
  /** Throws SysctlError, which says what is missing. */
  write(name: string, value: string): void;
}

export class SysctlError extends Error {
  readonly code = 'ERR_SYSCTL';

  constructor(name: string, value: string, cause: unknown) {
    super(`cannot set /proc/sys/${name} to ${value}: ${remedyFor(cause)}`, { cause });
    this.name = 'SysctlError';
  }
}

export const sysctl: Sysctl = {
  read(name) {
    try {
      return readFileSync(`/proc/sys/${name}`, 'utf8').trimEnd();
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  },
  write(name, value) {
    try {
      // Not the default flag, which would try to create a missing setting and be refused for the wrong reason.
      writeFileSync(`/proc/sys/${name}`, value, { flag: 'r+' });
    } catch (error) {
      throw new SysctlError(name, value, error);
    }
  },
};

/**
 * Writes the setting unless it has the value already, so that a node prepared by somebody with more rights is enough.
 * Throws SysctlError. Same rule as kube-proxy's EnsureSysctl (pkg/proxy/util/utils.go).
 */
export function ensureSysctl(port: Sysctl, name: string, value: string): void {
  if (port.read(name) !== value) port.write(name, value);
}

function remedyFor(cause: unknown): string {
  if (isErrno(cause, 'EROFS'))
    return '/proc/sys is mounted read-only here: run the container privileged, or set it on the node';
  if (isErrno(cause, 'EACCES') || isErrno(cause, 'EPERM'))
    return 'not permitted: this takes root and the capability CAP_NET_ADMIN, or set it on the node';
  if (isErrno(cause, 'ENOENT')) return 'this kernel does not have it: a module may not be loaded';
  if (isErrno(cause, 'EINVAL')) return 'the kernel does not accept this value';
  return cause instanceof Error ? cause.message : String(cause);
}

function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
