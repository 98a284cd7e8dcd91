// manifests/ applied with the installed kubectl to the lab's API server, as docs/operations.md tells people to. Only that it is
// kubectl that merges, and not the server: the lab has no server-side apply.
import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { V1DaemonSet } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { CLUSTER_ADMIN_RULES } from '../../../src/lab/api-server/authorization.ts';
import { KUBECTL, KUBECTL_VERSION, type KubectlBed, startKubectlBed } from './kubectl-bed.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');
const BASE = join(PROJECT, 'manifests/base');
const KUBEADM = join(PROJECT, 'manifests/kubeadm');
const KUBEADMS_DAEMON_SET = join(PROJECT, 'test/fixtures/kubeadm/kube-proxy.yaml');
const SERVICE_ACCOUNT = 'system:serviceaccount:kube-system:fairlead';

let bed: KubectlBed;
beforeAll(async () => {
  bed = await startKubectlBed([
    { name: 'admin', token: 'admin-token', rules: CLUSTER_ADMIN_RULES },
    { name: SERVICE_ACCOUNT, token: 'service-account-token', rules: [] },
  ]);
});
afterAll(() => bed.close());

const reason = KUBECTL_VERSION ? '' : `: skipped, because there is no ${KUBECTL} here`;

describe.skipIf(!KUBECTL_VERSION)(`manifests/base, by kubectl ${KUBECTL_VERSION ?? ''}${reason}`, () => {
  const asServiceAccount = { user: SERVICE_ACCOUNT };

  it('makes all of its objects, and the second time changes none', async () => {
    await bed.refusal('get services -A', asServiceAccount);
    expect(outcomes(await bed.kubectl(`apply -k ${BASE}`))).toEqual({
      'serviceaccount/fairlead': 'created',
      'clusterrole.rbac.authorization.k8s.io/fairlead': 'created',
      'clusterrolebinding.rbac.authorization.k8s.io/fairlead': 'created',
      'configmap/fairlead': 'created',
      'daemonset.apps/fairlead': 'created',
    });
    const again = outcomes(await bed.kubectl(`apply -k ${BASE}`));
    expect([Object.keys(again).length, ...new Set(Object.values(again))]).toEqual([5, 'unchanged']);
  });

  it('gives the ServiceAccount of its pods the rights of its role, and no others', async () => {
    const { serviceAccountName } = (await daemonSet('fairlead')).spec?.template.spec ?? {};
    expect(`system:serviceaccount:kube-system:${serviceAccountName}`).toBe(SERVICE_ACCOUNT);
    expect(await bed.kubectl('get services -A', asServiceAccount)).toContain('kubernetes');
    expect(await bed.refusal('get configmaps -A', asServiceAccount)).toContain('cannot list resource');
  });

  it('rolls out a change of the configuration, by another ConfigMap', async () => {
    const before = await daemonSet('fairlead');
    const directory = mkdtempSync(join(tmpdir(), 'fairlead-manifests-'));
    try {
      cpSync(BASE, directory, { recursive: true });
      appendFileSync(join(directory, 'config.conf'), 'clusterCIDR: 10.244.0.0/16\n');
      expect(outcomes(await bed.kubectl(`apply -k ${directory}`))).toMatchObject({
        'clusterrole.rbac.authorization.k8s.io/fairlead': 'unchanged',
        'configmap/fairlead': 'created',
        'daemonset.apps/fairlead': 'configured',
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
    const after = await daemonSet('fairlead');
    expect(after.metadata?.generation).toBe(2);
    expect(configMapOf(after)).not.toBe(configMapOf(before));
    expect(await bed.kubectl(`get configmap -n kube-system ${configMapOf(after)} -o yaml`)).toContain(
      'clusterCIDR: 10.244.0.0/16',
    );
    const nameless = ({ spec }: V1DaemonSet) => JSON.stringify(spec).replaceAll(/fairlead-\w{10}/g, '');
    expect(nameless(after)).toBe(nameless(before));
  });

  it('goes as it came', async () => {
    await bed.kubectl(`apply -k ${BASE}`);
    expect(Object.keys(outcomes(await bed.kubectl(`delete -k ${BASE}`)))).toHaveLength(5);
    expect(await bed.kubectl('get ds,sa -A')).toContain('No resources found');
    await bed.refusal('get services -A', asServiceAccount);
  });
});

describe.skipIf(!KUBECTL_VERSION)(`manifests/kubeadm, by kubectl ${KUBECTL_VERSION ?? ''}${reason}`, () => {
  let kubeadms: V1DaemonSet;
  beforeAll(async () => {
    await bed.kubectl(`create -f ${KUBEADMS_DAEMON_SET}`);
    kubeadms = await daemonSet('kube-proxy');
  });

  it("changes the image in kubeadm's DaemonSet and nothing else, and the second time nothing", async () => {
    expect(await bed.kubectl(`apply -k ${KUBEADM}`)).toContain('daemonset.apps/kube-proxy configured');
    const { metadata, spec } = await daemonSet('kube-proxy');
    expect(spec).toEqual(withImage(kubeadms, `fairlead:${manifest.version}`).spec);
    expect(metadata).toMatchObject({ generation: 2, labels: kubeadms.metadata?.labels });
    expect(await bed.kubectl(`apply -k ${KUBEADM}`)).toContain('daemonset.apps/kube-proxy unchanged');
  });

  it('is undone by the image of before', async () => {
    const image = kubeadms.spec?.template.spec?.containers[0]?.image;
    await bed.kubectl(`-n kube-system set image ds/kube-proxy kube-proxy=${image}`);
    expect((await daemonSet('kube-proxy')).spec).toEqual(kubeadms.spec);
  });
});

/** What kubectl says of each object, without the hash in the names of ConfigMaps. */
function outcomes(output: string): Record<string, string> {
  const lines = output.matchAll(/^(\S+?)(?:-\w{10})? (?:"(\S+?)(?:-\w{10})?" )?(\w+)$/gm);
  return Object.fromEntries(
    Array.from(lines, ([, kind, name, outcome = '']) => [name ? `${kind}/${name}` : kind, outcome]),
  );
}

async function daemonSet(name: string): Promise<V1DaemonSet> {
  return JSON.parse(await bed.kubectl(`get daemonset ${name} -n kube-system -o json`));
}

function configMapOf({ spec }: V1DaemonSet): string | undefined {
  return spec?.template.spec?.volumes?.find(({ configMap }) => configMap)?.configMap?.name;
}

function withImage(daemonSet: V1DaemonSet, image: string): V1DaemonSet {
  const copy = structuredClone(daemonSet);
  const [container] = copy.spec?.template.spec?.containers ?? [];
  if (container) container.image = image;
  return copy;
}
