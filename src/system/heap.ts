// The memory of the process beyond what the program asks for: settings that have to be made while it runs, because nobody can
// rely on how it is started.
import { setFlagsFromString } from 'node:v8';
import koffi from 'koffi';

/** malloc.h */
const M_ARENA_MAX = -8;

/**
 * To be called first. Left alone, V8's young generation grows to 128 MiB while the lists arrive and never shrinks, and glibc
 * gives each of Node's threads an arena of its own, which it never empties: at 10,000 Services with 10 endpoints these are
 * more than what is live. TurboFan takes 9 MiB, its code in the node binary included, and after the start there is nothing to
 * win with it: what runs often is compiled by Maglev.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--no-turbofan');
  glibc('int mallopt(int parameter, int value)')?.(M_ARENA_MAX, 1);
}

/**
 * To be called when the burst of work at the start is over. From now on V8 lets the heap grow in small steps, and moves together
 * what is left in it some seconds after it has grown (its "memory reducer", which otherwise waits for programs that allocate
 * almost nothing). It marks beside the program and stops it for 20 to 40 ms at 10,000 Services, longer where no core is free to
 * help, where a collection that we asked for would take 200 ms.
 */
export function compactHeapWhenIdle(): void {
  setFlagsFromString('--optimize-for-size');
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
