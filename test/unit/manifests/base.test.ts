import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesObject, V1ConfigMap, V1DaemonSet } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { parseCommandLine } from '../../../src/cli/command-line.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { loadCredentials } from '../../../src/kube/kubeconfig.ts';
import { kustomize, ofKind } from '../../builders/kustomize.ts';

const directory = mkdtempSync(join(tmpdir(), 'fairlead-manifests-'));
let objects: KubernetesObject[];
let daemonSet: V1DaemonSet;
let files: Readonly<Record<string, string>>;

beforeAll(async () => {
  objects = await kustomize('base');
  daemonSet = ofKind<V1DaemonSet>(objects, 'DaemonSet');
  files = ofKind<V1ConfigMap>(objects, 'ConfigMap').data ?? {};
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('manifests/base', () => {
  it('names the version that it comes with', () => {
    const { containers = [], initContainers = [] } = daemonSet.spec?.template.spec ?? {};
    const images = [...initContainers, ...containers].map(({ image }) => image);
    expect(new Set(images)).toEqual(new Set([`fairlead:${manifest.version}`]));
  });

  it('starts commands that there are', () => {
    const { containers = [], initContainers = [] } = daemonSet.spec?.template.spec ?? {};
    const kinds = [...initContainers, ...containers].map(({ command: [program = '', ...args] = [] }) => {
      return parseCommandLine({ program, args, env: {} }).kind;
    });
    expect(kinds).toEqual(['init-only', 'run']);
  });

  it('mounts the ConfigMap under the name that its contents give it', () => {
    const volumes = daemonSet.spec?.template.spec?.volumes ?? [];
    const { name } = ofKind<V1ConfigMap>(objects, 'ConfigMap').metadata ?? {};
    expect(name).toMatch(/^fairlead-\w+$/);
    expect(volumes.map(({ configMap }) => configMap?.name)).toContain(name);
  });
});

describe('config.conf', () => {
  it('is a configuration that raises no warning', () => {
    expect(load(files['config.conf'] ?? '').warnings).toEqual([]);
  });

  it('still is one with everything that it shows in comments', () => {
    const all = (files['config.conf'] ?? '').replaceAll(/^#(?! )/gm, '');
    const { config, warnings } = load(all);
    expect(warnings).toEqual([]);
    expect(config.clusterCIDR).toBe('10.244.0.0/16,fd00:10:244::/56');
  });
});

describe('kubeconfig.conf', () => {
  it('leads to an API server', () => {
    const kubeconfig = write('kubeconfig.conf', files['kubeconfig.conf'] ?? '');
    expect(loadCredentials({ kubeconfig, master: '' }).server).toBe('https://control-plane.example:6443');
  });
});

function load(text: string) {
  return loadConfig({ file: write('config.conf', text), flags: new Map() });
}

function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}
