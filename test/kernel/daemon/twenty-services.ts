// Twenty Services with an endpoint each, one of which is made to be refused.
import type { IpFamily } from '../../../src/model/ip.ts';
import { ModelState } from '../../../src/sync/model-state.ts';
import { anEndpoint, aService, aSlice, ip } from '../../builders/records.ts';
import type { FakeClock } from '../../fakes/fake-clock.ts';

export const SERVICES = 20;
export const BAD = 'shop/service-7/TCP';

const NETWORKS = {
  IPv4: { vip: '10.96.1.', endpoint: '10.244.2.' },
  IPv6: { vip: 'fd00:10:96::', endpoint: 'fd00:10:244:2::' },
} as const;

export function twentyServices(family: IpFamily, clock: FakeClock): ModelState {
  const model = new ModelState({ clock });
  const { vip, endpoint } = NETWORKS[family];
  for (let i = 1; i <= SERVICES; i++) {
    const name = `service-${i}`;
    model.handleService({ kind: 'put', record: aService({ name, clusterIps: [ip(`${vip}${i}`)] }) });
    const endpoints = [anEndpoint({ ip: ip(`${endpoint}${i}`) })];
    const record = aSlice({ name: `${name}-a`, serviceName: name, endpoints });
    model.handleEndpointSlice({ kind: 'put', record });
  }
  return model;
}

/** The ClusterIP of the bad one. */
export function badVip(family: IpFamily): string {
  return `${NETWORKS[family].vip}7`;
}

/** The endpoint of the bad one. */
export function badEndpoint(family: IpFamily): string {
  return `${NETWORKS[family].endpoint}7`;
}
