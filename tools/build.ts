// Bundles the program into dist/: ESM files that start-up reads instead of hundreds. What only one command needs is a file of
// its own, so that the daemon does not load the lab.
// koffi and pino stay outside: koffi loads a native addon, pino resolves its own files at run time.
// With --without-lab it is the bundle of the image.
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

// Parts of client-node that a node agent never uses, each costing start-up time and memory: OIDC refresh, SOCKS and HTTP
// proxies to the API server, and the HTTP client of the generated API classes. Of prom-client: exemplars of traces, summaries.
const UNUSED = [
  ...['undici', 'openid-client', 'socks', 'socks-proxy-agent', 'hpagent', 'jsonpath-plus'],
  ...['@opentelemetry/api', 'tdigest'],
];
/** What the daemon loads. Not minified: stack traces stay readable. */
const DAEMON_BUDGET_BYTES = 1_600_000;

const isWithoutLab = process.argv.includes('--without-lab');
const main = { fairlead: 'src/main.ts' };
// The worker thread of the lab is a file of its own, because a thread starts from a file.
const labWorker = { 'traffic-worker': 'src/lab/traffic/traffic-worker.ts' };
const noLab: Plugin = {
  name: 'no-lab',
  setup: ({ onResolve }) => onResolve({ filter: /^\.\/lab\// }, () => ({ path: resolve('tools/no-lab.ts') })),
};

rmSync('dist', { recursive: true, force: true });
const result = await build({
  entryPoints: isWithoutLab ? main : { ...main, ...labWorker },
  plugins: isWithoutLab ? [noLab] : [],
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  splitting: true,
  chunkNames: '[name]-[hash]',
  target: 'node24',
  external: ['koffi', 'pino'],
  alias: Object.fromEntries(UNUSED.map((name) => [name, './tools/unused-module.ts'])),
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});

const { outputs } = result.metafile;
const seen = new Set<string>();
const daemonBytes = loadedBy('dist/fairlead.js', seen) + loadedBy(outputOf('src/daemon/run.ts'), seen);
console.log(`dist: the daemon loads ${Math.round(daemonBytes / 1024)} KiB`);
if (daemonBytes > DAEMON_BUDGET_BYTES) throw new Error(`the budget is ${DAEMON_BUDGET_BYTES} bytes`);

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
