// The lab's API server with a population in it, for daemons in namespaces of the bench: TLS, a token, WatchList.
import { join } from 'node:path';
import { NODE_PROXIER_RULES } from '../../../src/lab/api-server/authorization.ts';
import { makeServerCertificate, type ServerCertificate } from '../../../src/lab/api-server/certificates.ts';
import { type Cluster, createCluster } from '../../../src/lab/api-server/cluster.ts';
import { writeKubeconfig } from '../../../src/lab/api-server/kubeconfig.ts';
import { endpointSlices, nodes, services } from '../../../src/lab/api-server/resources.ts';
import { ApiServer } from '../../../src/lab/api-server/server.ts';
import { exec } from '../../../src/system/exec.ts';
import { openSocket } from '../../../src/system/netns.ts';
import { systemClock } from '../../../src/util/clock.ts';
import { ownNodeObject, serviceObject, sliceObjects } from '../populations/api-objects.ts';
import { SERVICE_CIDR } from '../populations/nodes.ts';
import type { PopulationService } from '../populations/service-spec.ts';
import { changedSlice } from './endpoint-change.ts';
import type { Netns } from './netns.ts';

const ADDRESS = { ip: '127.0.0.1', port: 6443 };

const USER = { name: 'system:kube-proxy', token: 'bench', rules: NODE_PROXIER_RULES };

export class ServedCluster {
  readonly #cluster: Cluster;
  readonly #server: ApiServer;
  readonly #certificate: ServerCertificate;

  static async start(population: readonly PopulationService[]): Promise<ServedCluster> {
    const certificate = await makeServerCertificate(exec, { dnsNames: [], ips: [ADDRESS.ip] });
    return new ServedCluster(clusterOf(population), certificate);
  }

  private constructor(cluster: Cluster, certificate: ServerCertificate) {
    this.#cluster = cluster;
    this.#certificate = certificate;
    this.#server = new ApiServer({ ...cluster, users: [USER], tls: certificate });
  }

  /** Serves on the loopback of the namespace, and writes a kubeconfig for whoever is in there. */
  async serveIn(netns: Netns, directory: string): Promise<string> {
    const fd = openSocket({ netns: netns.name, protocol: 'TCP', local: ADDRESS });
    await this.#server.listen({ fd });
    const kubeconfig = join(directory, `${netns.name}.kubeconfig`);
    await writeKubeconfig(kubeconfig, {
      server: `https://${ADDRESS.ip}:${ADDRESS.port}`,
      ca: this.#certificate.ca,
      user: USER,
    });
    return kubeconfig;
  }

  /** Puts another pod in the place of the first one of the Service. */
  changeEndpoint(service: PopulationService, round: number): void {
    this.#cluster.store.put(endpointSlices.bucket, changedSlice(service, round));
  }

  /** Adds or changes the Service and its slices. */
  putService(service: PopulationService): void {
    this.#cluster.store.put(services.bucket, serviceObject(service));
    this.putEndpoints(service);
  }

  /** Adds or changes its slices; a Service that is known has no fewer of them than before. */
  putEndpoints(service: PopulationService): void {
    for (const slice of sliceObjects(service)) this.#cluster.store.put(endpointSlices.bucket, slice);
  }

  /** Ends all connections; more can be served afterwards. */
  close(): Promise<void> {
    return this.#server.close();
  }
}

/** Straight into the store: what admission would add, the population has. */
function clusterOf(population: readonly PopulationService[]): Cluster {
  const cluster = createCluster({ clock: systemClock, serviceCidrs: [SERVICE_CIDR] });
  cluster.store.put(nodes.bucket, ownNodeObject());
  for (const service of population) {
    cluster.store.put(services.bucket, serviceObject(service));
    for (const slice of sliceObjects(service)) cluster.store.put(endpointSlices.bucket, slice);
  }
  return cluster;
}
