// A family's sync that is given hostile objects through the decoders, as a watch would, beside one harmless Service.
import { decodeEndpointSlice } from '../../src/kube/decode-endpoint-slice.ts';
import type { Decode } from '../../src/kube/decode-metadata.ts';
import { decodeService } from '../../src/kube/decode-service.ts';
import type { JsonObject } from '../../src/kube/json-object.ts';
import type { IpFamily } from '../../src/model/ip.ts';
import type { ServicePortName } from '../../src/model/names.ts';
import type { SetAsideEntry } from '../../src/status/snapshot.ts';
import { FamilySync } from '../../src/sync/family-sync.ts';
import type { AnyKernelMirror } from '../../src/sync/kernel-mirror.ts';
import { ModelState } from '../../src/sync/model-state.ts';
import { tellAll } from '../../src/sync/observer.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { aPlanConfig } from './plans.ts';
import { anEndpoint, aService, aSlice, ip } from './records.ts';

/** `shop/harmless`, with addresses that no hostile object has. */
export const HARMLESS: ServicePortName = {
  namespace: 'shop',
  name: 'harmless',
  portName: '',
  protocol: 'TCP',
};
export const HARMLESS_VIP = { IPv4: '10.96.200.1', IPv6: 'fd00:10:96::200' } as const;
const HARMLESS_ENDPOINT = { IPv4: '10.244.200.1', IPv6: 'fd00:10:244::200' } as const;

export class HostileCluster {
  readonly family: FamilySync;
  readonly setAside: SetAsideEntry[] = [];
  readonly #model: ModelState;

  constructor(kernel: AnyKernelMirror) {
    const clock = new FakeClock();
    this.#model = new ModelState({ clock });
    this.#putHarmless(kernel.family);
    this.family = new FamilySync({
      kernel,
      model: this.#model,
      settings: { config: aPlanConfig(), node: { name: 'node-1', bindIp: undefined } },
      clock,
      random: () => 0,
      observer: tellAll([{ onSetAside: (entry) => this.setAside.push(entry) }]),
    });
  }

  /** Takes a Service or an EndpointSlice; one that no record can be made of changes nothing. */
  put(object: JsonObject): void {
    if (object['kind'] === 'Service') {
      const record = decoded(decodeService, object);
      if (record) this.#model.handleService({ kind: 'put', record });
    } else {
      const record = decoded(decodeEndpointSlice, object);
      if (record) this.#model.handleEndpointSlice({ kind: 'put', record });
    }
  }

  #putHarmless(family: IpFamily): void {
    const { namespace, name } = HARMLESS;
    const clusterIps = [ip(HARMLESS_VIP[family])];
    this.#model.handleService({ kind: 'put', record: aService({ namespace, name, clusterIps }) });
    const endpoints = [anEndpoint({ ip: ip(HARMLESS_ENDPOINT[family]) })];
    this.#model.handleEndpointSlice({
      kind: 'put',
      record: aSlice({ namespace, serviceName: name, endpoints }),
    });
  }
}

function decoded<Record>(decode: Decode<Record>, object: JsonObject): Record | undefined {
  try {
    return decode(object, (text) => text);
  } catch (error) {
    if (error instanceof Error && error.name === 'DecodeError') return undefined;
    throw error;
  }
}
