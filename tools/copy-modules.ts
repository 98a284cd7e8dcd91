// Copies npm packages with all that they depend on: node tools/copy-modules.ts TARGET PACKAGE…
// For the image, whose bundle has everything but them (see bundle.ts). Optional dependencies are those of this platform.
import { cpSync, existsSync, readFileSync } from 'node:fs';

const [target, ...packages] = process.argv.slice(2);
if (!target || packages.length === 0) throw new Error('usage: node tools/copy-modules.ts TARGET PACKAGE…');

const needed = new Set<string>();
for (const name of packages) add(name);
for (const name of needed) {
  cpSync(`node_modules/${name}`, `${target}/${name}`, { recursive: true, dereference: true });
}
console.log(`${target}: ${[...needed].join(' ')}`);

function add(name: string): void {
  if (needed.has(name)) return;
  needed.add(name);
  const { dependencies = {}, optionalDependencies = {} } = manifestOf(name);
  for (const dependency of Object.keys(dependencies)) add(dependency);
  for (const dependency of Object.keys(optionalDependencies)) {
    if (existsSync(`node_modules/${dependency}`)) add(dependency);
  }
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Throws when the package is not there: npm may have nested it in another one. */
function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
}
