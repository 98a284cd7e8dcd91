import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { V1DaemonSet } from '@kubernetes/client-node';
import { execa } from 'execa';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { parseCommandLine } from '../../../src/cli/command-line.ts';
import { kustomize } from '../../builders/kustomize.ts';
import { schemaErrorsOf } from '../../builders/schema-errors.ts';

const KUBEADMS_FILE = resolve(import.meta.dirname, '../../fixtures/kubeadm/kube-proxy.yaml');
const KUBEADMS = load(readFileSync(KUBEADMS_FILE, 'utf8')) as V1DaemonSet;

describe('manifests/kubeadm', () => {
  it("changes the image in kubeadm's DaemonSet, and nothing else", async () => {
    const [patch, ...others] = await kustomize('kubeadm');
    expect(others).toEqual([]);
    const args = ['patch', '--local', '-f', KUBEADMS_FILE, '--type', 'strategic', '-o', 'json'];
    const { stdout } = await execa('kubectl', [...args, '-p', JSON.stringify(patch)]);
    const expected = structuredClone(KUBEADMS);
    const [container] = expected.spec?.template.spec?.containers ?? [];
    if (container) container.image = `fairlead:${manifest.version}`;
    expect(JSON.parse(stdout)).toEqual(expected);
    expect(schemaErrorsOf(expected)).toEqual([]);
  });
});

describe("kubeadm's DaemonSet", () => {
  it('starts the daemon with a command line that it knows', () => {
    const [container] = KUBEADMS.spec?.template.spec?.containers ?? [];
    const [program = '', ...args] = container?.command ?? [];
    expect(parseCommandLine({ program, args, env: {} }).kind).toBe('run');
  });
});
