// The images that the Dockerfile begins with, made of Debian packages: no registry is asked.
import { cpSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

const MIRROR = 'http://deb.debian.org/debian';

/** Removed from Debian's slim images. */
const NOT_SLIM = ['doc', 'info', 'locale', 'man'];

/** Makes `debian:SUITE-slim` at `root`. */
export async function makeDebian(root: string, suite: string): Promise<void> {
  await execa('debootstrap', ['--variant=minbase', suite, root, MIRROR]);
  for (const name of NOT_SLIM) rmSync(join(root, 'usr/share', name), { recursive: true, force: true });
  for (const name of ['lib/apt/lists', 'cache/apt', 'log']) empty(join(root, 'var', name));
  // As in Docker's images: no package may start a service.
  writeFileSync(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
}

function empty(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory);
}

/** Makes a `node:…` image of a `debian:…` one: the Node that runs this, and the npm of the machine. */
export async function addNode(root: string): Promise<void> {
  cpSync(realpathSync(process.execPath), join(root, 'usr/local/bin/node'));
  const npm = dirname(dirname(realpathSync((await execa('which', ['npm'])).stdout)));
  cpSync(npm, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
  addCertificates(root);
}

/** Where the machine reaches the registry with a certificate authority of its own. */
function addCertificates(root: string): void {
  const file = process.env['NODE_EXTRA_CA_CERTS'];
  if (!file || !existsSync(file)) return;
  mkdirSync(join(root, dirname(file)), { recursive: true });
  cpSync(file, join(root, file), { dereference: true });
}
