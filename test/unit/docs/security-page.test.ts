// docs/security.md has every right that the manifests give, and no other.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { V1ClusterRole, V1Container, V1DaemonSet } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { kustomize, ofKind } from '../../builders/kustomize.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/security.md'), 'utf8');
const objects = await kustomize('base');
const podSpec = ofKind<V1DaemonSet>(objects, 'DaemonSet').spec?.template.spec;
const [daemon] = podSpec?.containers ?? [];
const [init] = podSpec?.initContainers ?? [];

describe('docs/security.md', () => {
  it('has the capabilities of the daemon', () => {
    const { add = [] } = daemon?.securityContext?.capabilities ?? {};
    const granted = rowsOf('On the node').filter(
      ([right = '', ofDaemon]) => /^CAP_/.test(right) && ofDaemon === 'yes',
    );
    expect(granted.map(([right]) => right)).toEqual(add.map((name) => `CAP_${name}`));
  });

  it('has the other rights of both containers', () => {
    const rights = new Map(rowsOf('On the node').map(([right = '', ...cells]) => [right, cells.slice(0, 2)]));
    const yesOrNo = (value: boolean | undefined) => (value ? 'yes' : 'no');
    const ofBoth = (right: (container: V1Container | undefined) => boolean | undefined) =>
      [daemon, init].map((container) => yesOrNo(right(container)));
    expect(rights.get('privileged')).toEqual(ofBoth((one) => one?.securityContext?.privileged));
    expect(rights.get('read-only root')).toEqual(
      ofBoth((one) => one?.securityContext?.readOnlyRootFilesystem),
    );
    expect(rights.get('host network')).toEqual(ofBoth(() => podSpec?.hostNetwork));
    const isHosts = [podSpec?.hostPID, podSpec?.hostIPC].some(Boolean);
    expect(rights.get("host's processes, IPC, users")).toEqual(ofBoth(() => isHosts));
  });

  it('has the mounts', () => {
    const mounts = [daemon, init].flatMap((container) => container?.volumeMounts ?? []);
    const modes = mounts.map(({ mountPath, readOnly }) => [mountPath, readOnly ? 'read-only' : 'read-write']);
    const kubelets = ['/var/run/secrets/kubernetes.io/serviceaccount', 'read-only'];
    const rows = rowsOf('Mounts').map(([path, , mode]) => [path, mode]);
    expect(new Map(rows as [string, string][])).toEqual(new Map([...modes, kubelets] as [string, string][]));
  });

  it('has the role', () => {
    const { rules = [] } = ofKind<V1ClusterRole>(objects, 'ClusterRole');
    const granted = rules.flatMap(({ apiGroups: [group] = [], resources = [], verbs }) =>
      resources.map((resource) => `${group ? `${resource}.${group}` : resource}: ${verbs.join(', ')}`),
    );
    const told = rowsOf('At the API server').flatMap(([resources = '', verbs]) =>
      resources.split(', ').map((resource) => `${resource}: ${verbs}`),
    );
    expect(told.sort()).toEqual(granted.sort());
  });
});

/** The cells of the first table under a heading, without the marks of code and without the head. */
function rowsOf(heading: string): string[][] {
  const section = page.split(new RegExp(`^#+ ${heading}$`, 'm'))[1]?.split(/^#/m)[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(1).map((line) =>
    line
      .slice(2, -2)
      .replaceAll('`', '')
      .split(' | ')
      .map((cell) => cell.trim()),
  );
}
