// Bundles the program into dist/ and holds what the daemon loads against a budget. With --without-lab it is the bundle of the image.
import { bundle } from './bundle.ts';

/** Every node reads it at each start. */
const DAEMON_BUDGET_BYTES = 1_700_000;

const { outputs } = await bundle({
  directory: 'dist',
  isWithoutLab: process.argv.includes('--without-lab'),
});
const daemonBytes = Math.max(...['iptables', 'nftables'].map(loadedInMode));
console.log(`dist: the daemon loads ${Math.round(daemonBytes / 1024)} KiB`);
if (daemonBytes > DAEMON_BUDGET_BYTES) throw new Error(`the budget is ${DAEMON_BUDGET_BYTES} bytes`);

function loadedInMode(mode: string): number {
  const seen = new Set<string>();
  const files = [
    'dist/fairlead.js',
    outputOf('src/daemon/run.ts'),
    outputOf(`src/daemon/${mode}-kernels.ts`),
  ];
  return files.reduce((bytes, file) => bytes + loadedBy(file, seen), 0);
}

/** The size of the file and of all that it imports at once, without what was seen before. */
function loadedBy(file: string, seen: Set<string>): number {
  const output = outputs[file];
  if (!output || seen.has(file)) return 0;
  seen.add(file);
  const imported = output.imports.filter(({ kind }) => kind === 'import-statement');
  return imported.reduce((bytes, { path }) => bytes + loadedBy(path, seen), output.bytes);
}

function outputOf(entryPoint: string): string {
  const entry = Object.entries(outputs).find(([, output]) => output.entryPoint === entryPoint);
  if (!entry) throw new Error(`nothing was made of ${entryPoint}`);
  return entry[0];
}
