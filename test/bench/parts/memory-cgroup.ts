// A memory cgroup of the bench's own: the kernel's count of what a daemon and all its children use together, page cache and
// kernel memory included. Below the group that the bench is in, so that whatever limits there are stay in force.
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';

export interface MemoryCgroup {
  /** Whoever writes its pid into this file is counted, with all children that it has from then on. */
  readonly procsFile: string;
  readonly peakMiB: () => number;
  /** When nobody is in it any more. */
  readonly remove: () => void;
}

interface Hierarchy {
  readonly mount: string;
  /** In /proc/self/cgroup, as the second of three fields. */
  readonly controllers: string;
  readonly peakFile: string;
}

const HIERARCHIES: readonly Hierarchy[] = [
  { mount: '/sys/fs/cgroup/memory', controllers: 'memory', peakFile: 'memory.max_usage_in_bytes' },
  { mount: '/sys/fs/cgroup', controllers: '', peakFile: 'memory.peak' },
];

/** undefined where this machine has no cgroup that counts memory for us. */
export function createMemoryCgroup(name: string): MemoryCgroup | undefined {
  for (const { mount, controllers, peakFile } of HIERARCHIES) {
    const directory = join(mount, ownGroup(controllers), name);
    if (!tryMakeDirectory(directory)) continue;
    const peakPath = join(directory, peakFile);
    if (!existsSync(peakPath)) {
      rmdirSync(directory);
      continue;
    }
    return {
      procsFile: join(directory, 'cgroup.procs'),
      peakMiB: () => Number(readFileSync(peakPath, 'utf8')) / 2 ** 20,
      remove: () => rmdirSync(directory),
    };
  }
  return undefined;
}

function ownGroup(controllers: string): string {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
  const line = lines.find((candidate) => candidate.split(':')[1] === controllers);
  return line?.split(':')[2] ?? '/';
}

/** Not recursive: on a file system that is no cgroup it fails. */
function tryMakeDirectory(directory: string): boolean {
  try {
    mkdirSync(directory);
    return true;
  } catch {
    return false;
  }
}
