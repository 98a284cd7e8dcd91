// Follows the Dockerfile without a container engine: each stage is a directory, RUN is a chroot, COPY a copy. What only a
// container engine can do, layers and platforms, is left out.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { execa } from 'execa';
import { addNode, makeDebian } from './base-image.ts';
import { type Instruction, parseDockerfile, type Stage } from './dockerfile.ts';
import { inRoot } from './in-root.ts';

export interface Image {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  /** Removes it from the disk. */
  remove(): void;
}

const PROJECT = resolve(import.meta.dirname, '../../..');
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** What container engines take over from the machine that builds. */
const BUILD_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy', 'NODE_EXTRA_CA_CERTS'];

/** Needs root, and half a minute to a minute and a half: a Debian is installed for it. */
export async function buildImage(): Promise<Image> {
  const directory = mkdtempSync(join(tmpdir(), 'fairlead-image-'));
  const remove = () => rmSync(directory, { recursive: true });
  try {
    const stages = parseDockerfile(readFileSync(join(PROJECT, 'Dockerfile'), 'utf8'));
    return { ...(await buildStages(directory, stages)), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

interface Built {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly entrypoint: readonly string[];
  /** The roots of the stages before it, by name. */
  readonly roots: ReadonlyMap<string, string>;
}

async function buildStages(directory: string, stages: readonly Stage[]): Promise<Built> {
  const roots = new Map<string, string>();
  let built: Built | undefined;
  for (const [i, { base, name = String(i), steps, entrypoint }] of stages.entries()) {
    const root = await makeBase(directory, base, name);
    built = { root, env: { PATH, HOME: '/root' }, workdir: '/', entrypoint, roots };
    for (const step of steps) built = await follow(step, built);
    roots.set(name, root);
  }
  if (!built) throw new Error('the Dockerfile is empty');
  return built;
}

/** The images are `debian:bookworm-slim` and the like; Debian is installed once and copied. */
async function makeBase(directory: string, image: string, stage: string): Promise<string> {
  const [, name, suite = ''] = /^(debian|node):(?:[\d.]+-)?([a-z]+)-slim$/.exec(image) ?? [];
  if (!name) throw new Error(`the tests cannot make the image ${image}`);
  const debian = join(directory, `debian-${suite}`);
  if (!existsSync(debian)) await makeDebian(debian, suite);
  const root = join(directory, `stage-${stage}`);
  await execa('cp', ['-a', debian, root]);
  if (name === 'node') await addNode(root);
  return root;
}

async function follow(step: Instruction, built: Built): Promise<Built> {
  switch (step.kind) {
    case 'copy':
      copy(step, built);
      return built;
    case 'env':
      return { ...built, env: { ...built.env, ...step.values } };
    case 'run':
      await run(step.script, built);
      return built;
    case 'workdir':
      mkdirSync(join(built.root, step.path), { recursive: true });
      return { ...built, workdir: step.path };
  }
}

/** As COPY: a directory means what is in it; a file goes into a target that ends with a slash. */
function copy({ from, sources, target }: Extract<Instruction, { kind: 'copy' }>, built: Built): void {
  const origin = from === undefined ? PROJECT : built.roots.get(from);
  if (origin === undefined) throw new Error(`there is no stage ${from}`);
  const to = target.startsWith('/') ? join(built.root, target) : join(built.root, built.workdir, target);
  for (const source of sources.map((path) => join(origin, path))) {
    const isInto = /\/$|^\.$/.test(target) && !statSync(source).isDirectory();
    cpSync(source, isInto ? join(to, basename(source)) : to, { recursive: true, verbatimSymlinks: true });
  }
}

/** With the network of the machine, for its package managers, and with npm's cache, so that nothing is fetched twice. */
async function run(script: string, { root, env, workdir }: Built): Promise<void> {
  const npmCache = join(homedir(), '.npm');
  const mounts = existsSync(npmCache) ? [{ source: npmCache, target: '/root/.npm', isReadOnly: false }] : [];
  const insides = { root, mounts, isRootReadOnly: false, isSysctlReadOnly: true, workdir };
  const all = { ...insides, env: { ...env, ...buildVariables() } };
  const [file = '', ...args] = inRoot(all, ['/bin/sh', '-c', script]);
  await execa(file, args, { all: true, stdin: 'ignore' });
  rmSync(join(root, 'root/.npm'), { recursive: true, force: true });
}

function buildVariables(): Record<string, string> {
  return Object.fromEntries(
    BUILD_VARIABLES.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
