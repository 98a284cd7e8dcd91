// The program: from the command line to an exit code. Each command loads only what it needs.

import type { Command } from './cli/command.ts';
import { parseCommandLine } from './cli/command-line.ts';
import { VERSION } from './version.ts';

/** What is under way when the daemon is told to end may take no longer: a rollout waits for it. */
const GRACE_MS = 800;

const [, program = '', ...args] = process.argv;
process.exitCode = await carryOut(parseCommandLine({ program, args, env: process.env }));

async function carryOut(command: Command): Promise<number> {
  switch (command.kind) {
    case 'run':
      return (await import('./daemon/run.ts')).run(command, stopSignal(GRACE_MS));
    case 'init-only':
      return (await import('./daemon/init-only.ts')).initOnly(command);
    case 'write-config':
      return (await import('./daemon/write-config.ts')).writeConfigTo(command);
    case 'cleanup':
      return (await import('./daemon/cleanup.ts')).cleanUp();
    case 'lab-demo':
      return (await import('./lab/demo.ts')).runDemo(command);
    case 'version':
      console.log(`fairlead ${VERSION}`);
      return 0;
    case 'help':
      console.log(command.text);
      return 0;
    case 'usage-error':
      console.error(`fairlead: ${command.message}`);
      return 1;
  }
}

/** Aborts at the first SIGTERM or SIGINT; ends the process if it is still there after the grace. */
function stopSignal(graceMs: number): AbortSignal {
  const abort = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    // Not `once`: while a child runs, execa listens too, and finding itself alone kills the process with the same signal.
    process.on(name, () => {
      abort.abort();
      setTimeout(() => process.exit(0), graceMs).unref();
    });
  }
  return abort.signal;
}
