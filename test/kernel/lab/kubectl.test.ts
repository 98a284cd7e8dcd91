// The installed kubectl against the lab's API server: what a user of the demo may type.
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLUSTER_ADMIN_RULES, NODE_PROXIER_RULES } from '../../../src/lab/api-server/authorization.ts';
import { KUBECTL, KUBECTL_VERSION, type KubectlBed, startKubectlBed } from './kubectl-bed.ts';

const OBJECTS = resolve(import.meta.dirname, '../../fixtures/objects.yaml');

let bed: KubectlBed;
beforeAll(async () => {
  bed = await startKubectlBed([
    { name: 'admin', token: 'admin-token', rules: CLUSTER_ADMIN_RULES },
    { name: 'system:kube-proxy', token: 'proxy-token', rules: NODE_PROXIER_RULES },
  ]);
});
afterAll(() => bed.close());

const { kubectl, refusal }: Pick<KubectlBed, 'kubectl' | 'refusal'> = {
  kubectl: (...args) => bed.kubectl(...args),
  refusal: (...args) => bed.refusal(...args),
};

function words(text: string): string[][] {
  return text.split('\n').map((line) => line.trim().split(/\s{2,}/));
}

function manifest(change: object = {}): string {
  const metadata = { name: 'shown', namespace: 'shop' };
  const ports = [
    { name: 'http', port: 80 },
    { name: 'https', port: 443 },
  ];
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { clusterIP: '10.96.2.1', ports, ...change },
  });
}

const reason = KUBECTL_VERSION ? '' : `: skipped, because there is no ${KUBECTL} here`;

describe.skipIf(!KUBECTL_VERSION)(`kubectl ${KUBECTL_VERSION ?? ''}${reason}`, () => {
  it('creates a namespace, and everything in a manifest', async () => {
    expect(await kubectl('create namespace other')).toContain('namespace/other created');
    const created = await kubectl(`create -f ${OBJECTS}`);
    expect(created.split('\n').filter((line) => line.endsWith(' created'))).toHaveLength(45);
    expect(await refusal(`create -f ${OBJECTS}`)).toContain('services "web" already exists');
  });

  it('gets every kind as a table', async () => {
    const [head, row] = words(await kubectl('get services web -n shop'));
    expect(head).toEqual(['NAME', 'TYPE', 'CLUSTER-IP', 'EXTERNAL-IP', 'PORT(S)', 'AGE']);
    expect(row?.slice(0, 5)).toEqual(['web', 'ClusterIP', '10.96.1.1', '<none>', '80/TCP']);
    expect(words(await kubectl('get endpointslices web-a -n shop'))[1]?.slice(0, 4)).toEqual([
      'web-a',
      'IPv4',
      '8080',
      '10.244.1.1,10.244.2.1,10.244.2.2',
    ]);
    for (const kind of ['namespaces', 'nodes', 'servicecidrs', 'svc', 'no', 'ns']) {
      expect(words(await kubectl(`get ${kind}`)).length, kind).toBeGreaterThan(1);
    }
  });

  it('gets objects as JSON and YAML, by label and by field', async () => {
    const { items } = JSON.parse(await kubectl('get svc -A -o json --field-selector metadata.name=np6'));
    expect(items).toMatchObject([{ kind: 'Service', spec: { ipFamilies: ['IPv6'] } }]);
    expect(await kubectl('get svc web -n shop -o yaml')).toContain('clusterIP: 10.96.1.1');
    const slices = await kubectl('get endpointslices -n shop -l kubernetes.io/service-name=web-dual -o name');
    expect(slices.split('\n')).toHaveLength(2);
  });

  it('pages through a list', async () => {
    expect((await kubectl('get svc -A --chunk-size=5 -o name')).split('\n')).toHaveLength(23);
  });

  it('applies, sees that nothing has changed, and applies a change', async () => {
    const apply = (input: string) => kubectl('apply -f -', { input });
    expect(await apply(manifest())).toContain('service/shown created');
    expect(await apply(manifest())).toContain('service/shown unchanged');
    const ports = [{ name: 'https', port: 443, nodePort: 30_443 }];
    expect(await apply(manifest({ type: 'NodePort', ports }))).toContain('service/shown configured');
    expect(words(await kubectl('get svc shown -n shop'))[1]?.slice(1, 5)).toEqual([
      'NodePort',
      '10.96.2.1',
      '<none>',
      '443:30443/TCP',
    ]);
    expect(await apply(manifest())).toContain('service/shown configured');
  });

  it('replaces, patches in three ways, labels and annotates', async () => {
    const replaced = manifest({ sessionAffinity: 'ClientIP' });
    expect(await kubectl('replace -f -', { input: replaced })).toContain('service/shown replaced');
    const patch = (type: string, body: string) =>
      kubectl(`patch svc shown -n shop --type ${type} -p ${body}`);
    await patch('merge', '{"spec":{"sessionAffinity":"None"}}');
    await patch('json', '[{"op":"add","path":"/spec/externalIPs","value":["192.0.2.9"]}]');
    await patch('strategic', '{"spec":{"ports":[{"port":80,"targetPort":8080}]}}');
    await kubectl('label svc shown -n shop tier=front');
    await kubectl('annotate svc shown -n shop note=yes');
    expect(JSON.parse(await kubectl('get svc shown -n shop -o json'))).toMatchObject({
      metadata: { labels: { tier: 'front' }, annotations: { note: 'yes' } },
      spec: {
        sessionAffinity: 'None',
        externalIPs: ['192.0.2.9'],
        ports: [
          { name: 'http', port: 80, targetPort: 8080 },
          { name: 'https', port: 443, targetPort: 443 },
        ],
      },
    });
  });

  it('creates Services by command', async () => {
    await kubectl('create service nodeport quick --tcp=80:8080 -n other');
    await kubectl('create service externalname away --external-name=example.org -n other');
    const { items } = JSON.parse(await kubectl('get svc -n other -o json'));
    expect(items).toMatchObject([
      { metadata: { name: 'away' }, spec: { type: 'ExternalName', externalName: 'example.org' } },
      { metadata: { name: 'quick' }, spec: { type: 'NodePort', ports: [{ port: 80, targetPort: 8080 }] } },
    ]);
  });

  it('describes Services and Nodes', async () => {
    const text = await kubectl('describe svc lb-local -n shop');
    expect(text).toMatch(/External Traffic Policy:\s+Local/);
    expect(text).toMatch(/HealthCheck NodePort:\s+31000/);
    expect(await kubectl('describe ns shop')).toMatch(/Status:\s+Active/);
  });

  it('watches', async () => {
    const watch = bed.start('get svc shown -n shop --watch -o name');
    const lines: string[] = [];
    watch.all?.on('data', (data) => lines.push(...String(data).trim().split('\n')));
    await expect.poll(() => lines.length, { timeout: 10_000 }).toBeGreaterThan(0);
    const before = lines.length;
    await kubectl('label svc shown -n shop tier=back --overwrite');
    await expect.poll(() => lines.length, { timeout: 10_000 }).toBeGreaterThan(before);
    watch.kill();
    await watch;
  });

  it('waits until what it deletes has gone', async () => {
    expect(await kubectl('delete svc shown -n shop')).toContain('"shown" deleted');
    expect(await refusal('get svc shown -n shop')).toContain('services "shown" not found');
    expect(await kubectl('delete svc --all -n other')).toContain('"quick" deleted');
    expect(await kubectl('delete namespace shop')).toContain('"shop" deleted');
    expect(await kubectl('get endpointslices -n shop')).toContain('No resources found');
  });

  it('shows why something was refused', async () => {
    expect(await refusal('create -f -', { input: manifest() })).toContain('namespaces "shop" not found');
    const taken = manifest({ clusterIP: '10.96.0.1' }).replace('"shop"', '"other"');
    expect(await refusal('create -f -', { input: taken })).toContain('provided IP is already allocated');
    const forbidden = await refusal('get namespaces', { user: 'system:kube-proxy' });
    expect(forbidden).toContain('User "system:kube-proxy" cannot list resource "namespaces"');
  });
});
