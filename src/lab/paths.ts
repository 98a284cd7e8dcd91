// Where the project's files are, both for the sources that Node runs directly and for the bundle in dist/.
import { fileURLToPath } from 'node:url';

const isBundle = !import.meta.url.endsWith('.ts');
const root = new URL(isBundle ? '../' : '../../', import.meta.url);

/** The daemon as it is shipped; there once `npm run build` has run. */
export const DAEMON_FILE = projectFile('dist/fairlead.js');

/** A thread starts from a file: in the bundle that is an entry of its own (tools/bundle.ts). */
export const TRAFFIC_WORKER_FILE = projectFile(
  isBundle ? 'dist/traffic-worker.js' : 'src/lab/traffic/traffic-worker.ts',
);

export const DEMO_MANIFEST_FILE = projectFile('manifests/demo.yaml');

function projectFile(path: string): string {
  return fileURLToPath(new URL(path, root));
}
