// The control plane of a lab: the API server in this process, listening inside the lab, with the Nodes registered and the
// stand-ins for the controllers that a service proxy depends on.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { exec } from '../../system/exec.ts';
import { systemClock } from '../../util/clock.ts';
import { CLUSTER_ADMIN_RULES, NODE_PROXIER_RULES, type User } from '../api-server/authorization.ts';
import { makeServerCertificate } from '../api-server/certificates.ts';
import { type Cluster, createCluster } from '../api-server/cluster.ts';
import { writeKubeconfig } from '../api-server/kubeconfig.ts';
import type { ApiObject, Draft } from '../api-server/objects.ts';
import { ApiServer } from '../api-server/server.ts';
import type { Lab } from '../lab.ts';
import { applyObjects, parseManifest } from './apply.ts';
import { EndpointSliceController } from './endpoint-slice-controller.ts';
import { nodeObject } from './node-object.ts';
import { podStateOf } from './pod-state.ts';

export interface ControlPlaneOptions {
  /** 10.96.0.0/16 and fd00:10:96::/112 if not said. */
  readonly serviceCidrs?: readonly string[];
  /**
   * Who the service proxies are: a user with no other rights than ClusterRoles in the cluster give. If not said they are
   * system:kube-proxy with the rights of system:node-proxier.
   */
  readonly proxyUser?: string;
}

/** In the lab's directory. */
export const ADMIN_KUBECONFIG = 'admin.kubeconfig';
const API_PORT = 6443;
const ADMIN: User = { name: 'admin', token: newToken(), rules: CLUSTER_ADMIN_RULES };
const PROXY: User = { name: 'system:kube-proxy', token: newToken(), rules: NODE_PROXIER_RULES };

export class ControlPlane {
  /** The API server's state, to read and write objects without HTTP (api-server/registry.ts). */
  readonly cluster: Cluster;
  /** Knows all pods that the lab had at the start; later ones it has to be told of. */
  readonly endpointSlices: EndpointSliceController;
  /** For kubectl and the like in the machine's own namespace: an administrator on 127.0.0.1. */
  readonly adminKubeconfig: string;
  /** For a service proxy on a node, at the control plane's address. */
  readonly proxyKubeconfig: string;
  readonly #lab: Lab;
  readonly #server: ApiServer;
  #localPort = 0;

  /** Resolves when the API server answers. It ends with the lab. */
  static async start(lab: Lab, options: ControlPlaneOptions = {}): Promise<ControlPlane> {
    const { serviceCidrs = ['10.96.0.0/16', 'fd00:10:96::/112'], proxyUser } = options;
    const cluster = createCluster({ clock: systemClock, serviceCidrs });
    const { IPv4, IPv6 } = lab.controlPlane.ips;
    const certificate = await makeServerCertificate(exec, {
      dnsNames: ['localhost', 'kubernetes.default.svc'],
      ips: ['127.0.0.1', IPv4, IPv6],
    });
    const proxy = proxyUser === undefined ? PROXY : { name: proxyUser, token: newToken(), rules: [] };
    const server = new ApiServer({ ...cluster, users: [ADMIN, proxy], tls: certificate });
    lab.onClose(() => server.close());
    const controlPlane = new ControlPlane(lab, cluster, server);
    const port = await controlPlane.serve();
    const { ca } = certificate;
    const { adminKubeconfig, proxyKubeconfig } = controlPlane;
    await writeKubeconfig(adminKubeconfig, { server: `https://127.0.0.1:${port}`, ca, user: ADMIN });
    await writeKubeconfig(proxyKubeconfig, { server: `https://${IPv4}:${API_PORT}`, ca, user: proxy });
    return controlPlane;
  }

  private constructor(lab: Lab, cluster: Cluster, server: ApiServer) {
    this.#lab = lab;
    this.#server = server;
    this.cluster = cluster;
    this.adminKubeconfig = join(lab.directory, ADMIN_KUBECONFIG);
    this.proxyKubeconfig = join(lab.directory, 'kube-proxy.kubeconfig');
    this.apply([...lab.nodeHosts.map(nodeObject), apiServerSlice(lab)]);
    this.endpointSlices = new EndpointSliceController(cluster);
    for (const pod of lab.podHosts) this.endpointSlices.setPod(podStateOf(pod));
    lab.onClose(async () => this.endpointSlices.close());
  }

  /** Has the API server listen, again and at the same addresses after an outage. Returns its port of 127.0.0.1. */
  async serve(): Promise<number> {
    this.#localPort = await this.#server.listen({ port: this.#localPort });
    const { IPv4, IPv6 } = this.#lab.controlPlane.ips;
    for (const ip of [IPv4, IPv6]) {
      await this.#server.listen({ fd: this.#lab.openControlPlaneSocket({ ip, port: API_PORT }) });
    }
    return this.#localPort;
  }

  /** Begins an outage: connections are cut, and new ones refused, until serve(). The objects stay. */
  async stopServing(): Promise<void> {
    await this.#server.close();
  }

  /** Creates or replaces the objects of a YAML text, or these, with their status. Throws StatusError. */
  apply(objects: string | readonly Draft[]): ApiObject[] {
    return applyObjects(this.cluster, typeof objects === 'string' ? parseManifest(objects) : objects);
  }
}

/** The endpoints of default/kubernetes, which API servers write themselves. */
function apiServerSlice({ controlPlane }: Lab): Draft {
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'kubernetes.io/service-name': 'kubernetes' },
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: [controlPlane.ips.IPv4], conditions: { ready: true } }],
    ports: [{ name: 'https', protocol: 'TCP', port: API_PORT }],
  };
}

function newToken(): string {
  return randomBytes(16).toString('hex');
}
