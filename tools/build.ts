// Bundles the daemon and the lab into dist/fairlead.js: one ESM file, so that start-up reads one file instead of hundreds.
// koffi and pino stay outside: koffi loads a native addon, pino resolves its own files at run time.
import { build } from 'esbuild';

// Parts of client-node that a node agent never uses, each costing start-up time and memory: OIDC refresh, SOCKS and HTTP
// proxies to the API server, and the HTTP client of the generated API classes.
const UNUSED = ['undici', 'openid-client', 'socks', 'socks-proxy-agent', 'hpagent', 'jsonpath-plus'];
const BUNDLE_BUDGET_BYTES = 1_300_000;

const result = await build({
  // The worker thread of the lab is a file of its own, because a thread starts from a file.
  entryPoints: { fairlead: 'src/main.ts', 'traffic-worker': 'src/lab/traffic/traffic-worker.ts' },
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
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

for (const [file, { bytes }] of Object.entries(result.metafile.outputs)) {
  console.log(`${file} ${Math.round(bytes / 1024)} KiB`);
  if (bytes > BUNDLE_BUDGET_BYTES)
    throw new Error(`${file} is over its budget of ${BUNDLE_BUDGET_BYTES} bytes`);
}
