// Settings of the JavaScript heap that have to be made while the process runs, because nobody can rely on how it is started.
import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the young generation at the size that it has now. Left alone it grows to 128 MiB while the lists arrive and never
 * shrinks: at 10,000 Services with 10 endpoints that is a third of the daemon's memory, and start-up gets no faster by it.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
