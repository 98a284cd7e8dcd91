// What the kernel says of this process, for metrics.
import { readdirSync, readFileSync } from 'node:fs';

/** undefined where this system does not say. Network bytes are those of the network namespace. */
export function readProcessStats() {
  const { user, system } = process.cpuUsage();
  const status = read('/proc/self/status');
  const limits = read('/proc/self/limits');
  const netstat = read('/proc/self/net/netstat');
  return {
    cpuSeconds: (user + system) / 1e6,
    startedAtMs: performance.timeOrigin,
    residentBytes: process.memoryUsage.rss(),
    virtualBytes: kibibytes(/^VmSize:\s*(\d+) kB$/m.exec(status)?.[1]),
    virtualLimitBytes: limit(/^Max address space\s+(\S+)/m.exec(limits)?.[1]),
    openFiles: count('/proc/self/fd'),
    openFilesLimit: limit(/^Max open files\s+(\S+)/m.exec(limits)?.[1]),
    networkReceivedBytes: ipExtension(netstat, 'InOctets'),
    networkSentBytes: ipExtension(netstat, 'OutOctets'),
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // a sandbox that hides it
  }
}

function count(directory: string): number | undefined {
  try {
    return readdirSync(directory).length;
  } catch {
    return undefined; // a sandbox that hides it
  }
}

function kibibytes(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits) * 1_024;
}

/** RLIM_INFINITY is the largest number of 64 bits. */
function limit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return text === 'unlimited' ? 2 ** 64 : Number(text);
}

/** A line of names, then a line of values. */
function ipExtension(netstat: string, name: string): number | undefined {
  const [names = [], values = []] = netstat
    .split('\n')
    .filter((line) => line.startsWith('IpExt:'))
    .map((line) => line.split(' '));
  const value = values[names.indexOf(name)];
  return value === undefined ? undefined : Number(value);
}
