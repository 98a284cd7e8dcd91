// All of kube/ against the lab's API server, over TLS, with the rights of the unmodified ClusterRole system:node-proxier.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiClient } from '../../../src/kube/api-client.ts';
import { EventRecorder } from '../../../src/kube/event-recorder.ts';
import { loadCredentials } from '../../../src/kube/kubeconfig.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import { endpointSlices, ownNode, serviceCidrs, services } from '../../../src/kube/resources.ts';
import { NODE_PROXIER_RULES } from '../../../src/lab/api-server/authorization.ts';
import { makeServerCertificate } from '../../../src/lab/api-server/certificates.ts';
import { type Cluster, createCluster } from '../../../src/lab/api-server/cluster.ts';
import { writeKubeconfig } from '../../../src/lab/api-server/kubeconfig.ts';
import { createObject, deleteObject } from '../../../src/lab/api-server/registry.ts';
import * as kinds from '../../../src/lab/api-server/resources.ts';
import { ApiServer } from '../../../src/lab/api-server/server.ts';
import { exec } from '../../../src/system/exec.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { createIntern } from '../../../src/util/intern.ts';
import { Mirror } from '../../fakes/mirror.ts';

const PROXY = { name: 'system:kube-proxy', token: 'secret', rules: NODE_PROXIER_RULES };
/** Other tests may need the machine too. */
const PATIENCE = { timeout: 10_000 };
const context = { clock: systemClock, random: Math.random, log: { warn: () => {} } };

let cluster: Cluster;
let server: ApiServer;
let client: ApiClient;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-kube-test-'));
  cluster = createCluster({ clock: systemClock, serviceCidrs: ['10.96.0.0/16'] });
  const certificate = await makeServerCertificate(exec, { dnsNames: [], ips: ['127.0.0.1'] });
  server = new ApiServer({ ...cluster, users: [PROXY], tls: certificate });
  const port = await server.listen({ port: 0 });
  const kubeconfig = join(folder, 'kubeconfig');
  await writeKubeconfig(kubeconfig, { server: `https://127.0.0.1:${port}`, ca: certificate.ca, user: PROXY });
  client = new ApiClient({
    credentials: loadCredentials({ kubeconfig, master: '' }),
    userAgent: 'fairlead/test',
  });
});

afterAll(async () => {
  client.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

it('mirrors all four resources, and follows a Service that comes and goes', { timeout: 30_000 }, async () => {
  createObject(cluster, kinds.nodes, undefined, { metadata: { name: 'node-1' } });
  createObject(cluster, kinds.nodes, undefined, { metadata: { name: 'node-2' } });
  const mirrored = [services, endpointSlices, serviceCidrs, ownNode('node-1')].map((resource) => {
    const mirror = new Mirror<{ readonly name: string; readonly resourceVersion: string }>();
    const options = { resource, client, onEvent: mirror.onEvent, intern: createIntern(), ...context };
    return { mirror, reflector: new Reflector(options) };
  });
  const names = () =>
    mirrored.map(({ mirror }) => (mirror.isSynced ? [...mirror.records.keys()].sort() : undefined));
  for (const { reflector } of mirrored) reflector.start();
  await expect.poll(names, PATIENCE).toEqual([['kubernetes'], [], ['kubernetes'], ['node-1']]);

  createObject(cluster, kinds.services, 'default', {
    metadata: { name: 'web' },
    spec: { ports: [{ port: 80 }] },
  });
  createObject(cluster, kinds.services, 'default', {
    metadata: { name: 'headless' },
    spec: { clusterIP: 'None' },
  });
  await expect.poll(() => names()[0], PATIENCE).toEqual(['kubernetes', 'web']);
  deleteObject(cluster, kinds.services, { namespace: 'default', name: 'web' });
  await expect.poll(() => names()[0], PATIENCE).toEqual(['kubernetes']);

  expect(mirrored.map(({ reflector }) => reflector.status())).toEqual(
    mirrored.map(() => expect.objectContaining({ isSynced: true, phase: 'watch', failures: 0 })),
  );
  await Promise.all(mirrored.map(({ reflector }) => reflector.stop()));
});

it('writes an Event that the server accepts', { timeout: 30_000 }, async () => {
  const recorder = new EventRecorder({
    client,
    nodeName: 'node-1',
    limit: { perSecond: 5, burst: 10 },
    ...context,
  });
  recorder.record({
    regarding: { kind: 'Service', namespace: 'default', name: 'kubernetes' },
    type: 'Warning',
    reason: 'NotProgrammed',
    action: 'Sync',
    note: 'only a test',
  });
  await expect.poll(() => cluster.store.list(kinds.events.bucket), PATIENCE).toHaveLength(1);
  await recorder.stop();
});
