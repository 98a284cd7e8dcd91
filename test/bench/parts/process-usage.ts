// What the kernel says of a process.
import { readFileSync } from 'node:fs';

export interface ProcessUsage {
  readonly rssMiB: number;
  readonly peakRssMiB: number;
  /** Of the process and of those children that have ended. */
  readonly cpuMs: number;
}

/** USER_HZ, which is 100 on every Linux that Node.js runs on. */
const MS_PER_TICK = 10;

export function processUsage(pid: number): ProcessUsage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1_024;
  return { rssMiB: mebibytes('VmRSS'), peakRssMiB: mebibytes('VmHWM'), cpuMs: cpuMs(pid) };
}

function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The program's name, in parentheses, may hold spaces. After it come state (3rd field) and so on; utime is the 14th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).map(Number);
  return ticks.reduce((sum, count) => sum + count, 0) * MS_PER_TICK;
}
