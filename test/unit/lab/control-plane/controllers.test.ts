// The stand-ins for controllers, on a cluster's store without HTTP.
import { beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, createCluster } from '../../../../src/lab/api-server/cluster.ts';
import { applyObjects, parseManifest } from '../../../../src/lab/control-plane/apply.ts';
import { EndpointSliceController } from '../../../../src/lab/control-plane/endpoint-slice-controller.ts';
import {
  LoadBalancerController,
  loadBalancerIps,
} from '../../../../src/lab/control-plane/load-balancer-controller.ts';
import type { PodState } from '../../../../src/lab/control-plane/pod-state.ts';
import { FakeClock } from '../../../fakes/fake-clock.ts';

const WEB = `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`;
const FRONT = `
apiVersion: v1
kind: Service
metadata: { name: front }
spec: { type: LoadBalancer, ipFamilyPolicy: RequireDualStack, ports: [{ port: 80 }] }
`;
const POD: PodState = {
  name: 'a',
  namespace: 'shop',
  labels: { app: 'web' },
  ips: { IPv4: '10.244.1.1', IPv6: 'fd00:10:244:1::1' },
  nodeName: 'node-1',
  zone: '',
  isReady: true,
  isTerminating: false,
};

let clock: FakeClock;
let cluster: Cluster;

beforeEach(() => {
  clock = new FakeClock();
  cluster = createCluster({ clock, serviceCidrs: ['10.96.0.0/16', 'fd00:10:96::/112'] });
});

describe('apply', () => {
  it('creates what is missing, namespace included, and replaces what is there', () => {
    apply(WEB);
    apply(WEB.replace('8080', '9090'));
    expect(cluster.store.get('services', 'shop/web')).toMatchObject({
      spec: { ports: [{ targetPort: 9090 }] },
    });
  });

  it('writes the status too', () => {
    apply(`${FRONT}status: { loadBalancer: { ingress: [{ ip: 203.0.113.8 }] } }`);
    const service = cluster.store.get('services', 'default/front');
    expect(service && loadBalancerIps(service)).toEqual(['203.0.113.8']);
  });

  it('refuses kinds that the API server does not have', () => {
    expect(() => apply('{ apiVersion: v1, kind: Pod, metadata: { name: a } }')).toThrow('no Pod in v1');
  });
});

describe('the endpoint-slice controller', () => {
  let controller: EndpointSliceController;

  beforeEach(() => {
    controller = new EndpointSliceController(cluster);
  });

  it('serves pods and Services in whichever order they come', () => {
    controller.setPod(POD);
    apply(WEB);
    const whenPodCameFirst = endpoints();
    controller.removePod('shop', 'a');
    controller.setPod(POD);
    expect(endpoints()).toEqual(whenPodCameFirst);
    expect(endpoints()).toMatchObject([{ addresses: ['10.244.1.1'], conditions: { ready: true } }]);
  });

  it('keeps a terminating pod until it is gone', () => {
    apply(WEB);
    controller.setPod(POD);
    controller.markTerminating('shop', 'a');
    expect(endpoints()).toMatchObject([{ conditions: { ready: false, serving: true, terminating: true } }]);
    controller.removePod('shop', 'a');
    expect(endpoints()).toEqual([]);
  });

  it('writes the time of the change', () => {
    apply(WEB);
    clock.spend(1_500);
    controller.setPod(POD);
    const annotation = slice()?.metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time'];
    expect(Date.parse(annotation ?? '')).toBe(clock.nowMs());
  });

  it('writes nothing when nothing has changed', () => {
    apply(WEB);
    controller.setPod(POD);
    const before = cluster.store.resourceVersion;
    controller.setPod({ ...POD });
    expect(cluster.store.resourceVersion).toBe(before);
  });

  it('follows labels of pods and selectors of Services', () => {
    apply(WEB);
    controller.setPod(POD);
    controller.setPod({ ...POD, labels: { app: 'db' } });
    expect(endpoints()).toEqual([]);
    apply(WEB.replace('app: web', 'app: db'));
    expect(endpoints()).toHaveLength(1);
  });

  it('takes the slices of a deleted Service away, and no others', () => {
    apply(WEB);
    apply(`
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: by-hand, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
endpoints: []
ports: []
`);
    cluster.store.delete('services', 'shop/web');
    expect(cluster.store.list('endpointslices').map(({ metadata }) => metadata.name)).toEqual(['by-hand']);
  });

  it('stops when closed', () => {
    controller.close();
    apply(WEB);
    expect(slice()).toBeUndefined();
  });

  function slice() {
    return cluster.store.get('endpointslices', 'shop/web-ipv4-1');
  }

  function endpoints(): unknown {
    return slice()?.['endpoints'];
  }
});

describe('the load-balancer controller', () => {
  it('gives a Service of that type an address of each family, once', () => {
    const controller = new LoadBalancerController(cluster);
    apply(FRONT);
    apply(FRONT.replace('port: 80', 'port: 81'));
    const service = cluster.store.get('services', 'default/front');
    expect(service && loadBalancerIps(service)).toEqual(['203.0.113.10', '2001:db8:113::10']);
    controller.close();
  });

  it('leaves other Services alone', () => {
    const controller = new LoadBalancerController(cluster);
    apply(WEB);
    expect(cluster.store.get('services', 'shop/web')).toMatchObject({ status: { loadBalancer: {} } });
    controller.close();
  });
});

function apply(text: string): void {
  applyObjects(cluster, parseManifest(text));
}
