// Defaults that depend on other fields. Upstream: pkg/proxy/apis/config/v1alpha1/defaults.go, and platformApplyDefaults in
// cmd/kube-proxy/app/server_linux.go.
import { type Ip, type IpFamily, ipFamilyOf } from '../model/ip.ts';
import type { FieldPath } from './field.ts';
import type { ProxyConfig } from './fields.ts';
import type { HostPort } from './host-port.ts';

/** Where servers listen unless told otherwise, by the family of bindAddress. */
export const SERVER_DEFAULTS: {
  readonly [path in 'healthzBindAddress' | 'metricsBindAddress']: { readonly [family in IpFamily]: HostPort };
} = {
  healthzBindAddress: { IPv4: at('0.0.0.0', 10_256), IPv6: at('::', 10_256) },
  metricsBindAddress: { IPv4: at('127.0.0.1', 10_249), IPv6: at('::1', 10_249) },
};

export function withDerivedDefaults(values: ProxyConfig, setFields: ReadonlySet<FieldPath>): ProxyConfig {
  const family = ipFamilyOf(values.bindAddress);
  const { healthzBindAddress, metricsBindAddress } = SERVER_DEFAULTS;
  const isPrimaryOnly = values.mode === 'nftables' && values.nodePortAddresses.length === 0;
  return {
    ...values,
    ...(!setFields.has('healthzBindAddress') && { healthzBindAddress: healthzBindAddress[family] }),
    ...(!setFields.has('metricsBindAddress') && { metricsBindAddress: metricsBindAddress[family] }),
    ...(isPrimaryOnly && { nodePortAddresses: ['primary'] as const }),
  };
}

function at(ip: string, port: number): HostPort {
  return { ip: ip as Ip, port };
}
