// Bundles the program: ESM files that start-up reads instead of hundreds. What only one command needs is a file of its own, so
// that the daemon does not load the lab.
// koffi and pino stay outside: koffi loads a native addon, pino resolves its own files at run time.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';

export interface BundleOptions {
  /** Of nothing else: it is replaced. */
  readonly directory: string;
  readonly isWithoutLab: boolean;
  /** May change sources on their way into the bundle. */
  readonly plugins?: readonly Plugin[];
}

// Parts of client-node that a node agent never uses, each costing start-up time and memory: OIDC refresh, SOCKS and HTTP
// proxies to the API server, and the HTTP client of the generated API classes. Of prom-client: exemplars of traces, summaries.
const UNUSED = [
  ...['undici', 'openid-client', 'socks', 'socks-proxy-agent', 'hpagent', 'jsonpath-plus'],
  ...['@opentelemetry/api', 'tdigest'],
];

const MAIN = { fairlead: projectFile('src/main.ts') };
// The worker thread of the lab is a file of its own, because a thread starts from a file.
const LAB_WORKER = { 'traffic-worker': projectFile('src/lab/traffic/traffic-worker.ts') };
const NO_LAB: Plugin = {
  name: 'no-lab',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/lab\// }, () => ({ path: projectFile('tools/no-lab.ts') })),
};

// To import node:http is to read all that it exports, and reading one of it loads the undici inside of Node: 2 MB of heap.
const LEAN_HTTP: Plugin = {
  name: 'lean-http',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'node:http', namespace: 'lean-http' }));
    onLoad({ filter: /.*/, namespace: 'lean-http' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('${path}');`,
    }));
  },
};

/** Not minified: stack traces stay readable. What is in the directory stays when the sources cannot be bundled. */
export async function bundle({ directory, isWithoutLab, plugins = [] }: BundleOptions): Promise<Metafile> {
  const { metafile, outputFiles } = await build({
    entryPoints: isWithoutLab ? MAIN : { ...MAIN, ...LAB_WORKER },
    plugins: [LEAN_HTTP, ...(isWithoutLab ? [NO_LAB] : []), ...plugins],
    outdir: directory,
    bundle: true,
    platform: 'node',
    format: 'esm',
    splitting: true,
    chunkNames: '[name]-[hash]',
    target: 'node24',
    external: ['koffi', 'pino'],
    alias: Object.fromEntries(UNUSED.map((name) => [name, projectFile('tools/unused-module.ts')])),
    banner: {
      js: "#!/usr/bin/env node\nimport { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    write: false,
  });
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const { path, contents } of outputFiles) writeFileSync(path, contents);
  return metafile;
}

function projectFile(path: string): string {
  return resolve(import.meta.dirname, '..', path);
}
