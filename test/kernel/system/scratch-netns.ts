// Network namespaces for one test, removed after it.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterEach } from 'vitest';

const namespaces: string[] = [];

afterEach(() => {
  for (const name of namespaces.splice(0)) execFileSync('ip', ['netns', 'del', name]);
});

/** The name of a new network namespace in which the loopback link is down. */
export function createScratchNetns(): string {
  const name = `fairlead-test-${randomBytes(4).toString('hex')}`;
  execFileSync('ip', ['netns', 'add', name]);
  namespaces.push(name);
  return name;
}
