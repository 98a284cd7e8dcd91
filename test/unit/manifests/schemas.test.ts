// Every file of manifests/ fits its schema, and a schema notices what does not fit: errors are seeded in each kind.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { execa } from 'execa';
import { loadAll } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { kustomize, ofKind } from '../../builders/kustomize.ts';
import { schemaErrorsOf } from '../../builders/schema-errors.ts';

const MANIFESTS = resolve(import.meta.dirname, '../../../manifests');
const base = await kustomize('base');
const demo = loadAll(readFileSync(join(MANIFESTS, 'demo.yaml'), 'utf8')) as KubernetesObject[];

describe('manifests', () => {
  it.each([...base, ...demo].map((object) => [object.kind, object.metadata?.name, object] as const))(
    'have a %s %s that fits the schema of its kind',
    (_kind, _name, object) => expect(schemaErrorsOf(object)).toEqual([]),
  );

  it('have in base these kinds, one of each', () => {
    const kinds = ['ClusterRole', 'ClusterRoleBinding', 'ConfigMap', 'DaemonSet', 'ServiceAccount'];
    expect(base.map(({ kind }) => kind).sort()).toEqual(kinds);
  });
});

/** Kind, path of the field, a value that it must not have, and what is told. */
const SEEDED_ERRORS = [
  ['DaemonSet', 'spec.template.spec.hostnetwork', true, 'must NOT have additional properties: hostnetwork'],
  ['DaemonSet', 'spec.template.spec.hostNetwork', 'yes', 'must be boolean'],
  ['DaemonSet', 'spec.template.spec.containers.0.readinessprobe', {}, 'must NOT have additional properties'],
  [
    'DaemonSet',
    'spec.template.spec.containers.0.securityContext.capabilities.add',
    'NET_ADMIN',
    'must be array',
  ],
  ['DaemonSet', 'spec.template.spec.containers.0.readinessProbe.periodSeconds', '2', 'must be integer'],
  ['DaemonSet', 'spec.template.spec.containers.0.name', undefined, "must have required property 'name'"],
  ['DaemonSet', 'spec.selector', undefined, "must have required property 'selector'"],
  ['ServiceAccount', 'automountServiceAccountToken', 'true', 'must be boolean'],
  ['ServiceAccount', 'metadata.namspace', 'kube-system', 'must NOT have additional properties: namspace'],
  ['ClusterRole', 'rules.0.verbs', undefined, "must have required property 'verbs'"],
  ['ClusterRole', 'rules.0.resource', ['services'], 'must NOT have additional properties: resource'],
  ['ClusterRole', 'rules.0.apiGroups', '', 'must be array'],
  ['ClusterRoleBinding', 'roleRef.name', undefined, "must have required property 'name'"],
  ['ClusterRoleBinding', 'subject', [], 'must NOT have additional properties: subject'],
  ['ClusterRoleBinding', 'subjects', {}, 'must be array'],
  ['ConfigMap', 'data.number', 1, 'must be string'],
  ['ConfigMap', 'files', {}, 'must NOT have additional properties: files'],
] as const;

describe('the schemas', () => {
  it.each(SEEDED_ERRORS)('refuse a %s with %s: %j', (kind, path, value, error) => {
    const wrong = withField(ofKind(base, kind), path.split('.'), value);
    expect(schemaErrorsOf(wrong)).toContainEqual(expect.stringContaining(error));
  });

  it('know kind and version together', () => {
    expect(() => schemaErrorsOf({ apiVersion: 'apps/v1beta2', kind: 'DaemonSet' })).toThrow('no schema');
  });
});

describe('kustomize, whose own schema is that of kustomization.yaml,', () => {
  it.each([
    ['unknown field', 'resource: [rbac.yaml]'],
    ['cannot unmarshal', 'namePrefix: [a]'],
  ])('refuses a Kustomization: %s (%s)', async (error, line) => {
    const directory = mkdtempSync(join(tmpdir(), 'fairlead-kustomization-'));
    try {
      cpSync(join(MANIFESTS, 'base'), directory, { recursive: true });
      const file = join(directory, 'kustomization.yaml');
      writeFileSync(file, `${readFileSync(file, 'utf8')}${line}\n`);
      const { stderr, exitCode } = await execa('kubectl', ['kustomize', directory], { reject: false });
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain(error);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

/** A copy with another value at the path; undefined removes the field. */
function withField(object: object, path: readonly string[], value: unknown) {
  const copy = structuredClone(object) as Record<string, unknown>;
  let parent = copy;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
  const key = path.at(-1) ?? '';
  if (value === undefined) delete parent[key];
  else parent[key] = value;
  return copy;
}
