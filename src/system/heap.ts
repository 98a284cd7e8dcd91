// The memory of the process beyond what the program asks for: settings that have to be made while it runs, because nobody can
// rely on how it is started.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import koffi from 'koffi';

/** malloc.h */
const M_ARENA_MAX = -8;

/**
 * To be called first. Left alone, V8's young generation grows to 128 MiB while the lists arrive and never shrinks, and glibc
 * gives each of Node's threads an arena of its own, which it never empties: at 10,000 Services with 10 endpoints these are
 * more than what is live.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  glibc('int mallopt(int parameter, int value)')?.(M_ARENA_MAX, 1);
}

/**
 * Gives back what a burst of work has left behind. V8 keeps as much again as is live until more is asked for. The process stands
 * still meanwhile, for 0.1 to 0.2 s at 10,000 Services, so this is for the end of work that is rare.
 */
export function releaseFreedMemory(): void {
  setFlagsFromString('--expose-gc');
  const collect: typeof gc = runInNewContext('gc');
  collect?.({ type: 'major', flavor: 'last-resort', execution: 'sync' });
  glibc('int malloc_trim(size_t pad)')?.(0);
}

/** undefined where the C library is another one, as musl. */
function glibc(prototype: string) {
  try {
    return koffi.load(null).func(prototype);
  } catch {
    // Only a saving: without it everything works the same.
    return undefined;
  }
}
