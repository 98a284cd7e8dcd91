// Preloaded into the daemon (`node --import`): measures for how long its event loop does not come round, from the first
// request to the API server on, and writes the longest time in milliseconds into the file that LOOP_DELAY_FILE names.
import { subscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const NANOSECONDS_PER_MS = 1e6;
const RESOLUTION_MS = 1;

const file = process.env['LOOP_DELAY_FILE'];
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

// Loading the program is over by then, and the initial sync begins.
subscribe('http.client.request.start', () => delay.enable());

process.once('exit', () => {
  if (file) writeFileSync(file, String(delay.max / NANOSECONDS_PER_MS - RESOLUTION_MS));
});
