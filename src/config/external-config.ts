// The configuration as others see it: for /configz and --write-config-to, exactly as kube-proxy shows it. Its internal form
// knows one pair of sync periods, so only the section of the mode in use carries them
// (pkg/proxy/apis/config/v1alpha1/conversion.go).
import { type EncodedSection, encodeFields } from './encode-fields.ts';
import { FIELDS, type ProxyConfig } from './fields.ts';

export const API_VERSION = 'kubeproxy.config.k8s.io/v1alpha1';
export const KIND = 'KubeProxyConfiguration';

/** What /configz answers, to be printed as JSON. */
export function configzOf(config: ProxyConfig): EncodedSection {
  return { 'kubeproxy.config.k8s.io': externalConfigOf(config) };
}

/** A file with it means the same configuration. */
export function externalConfigOf(config: ProxyConfig): EncodedSection {
  return { kind: KIND, apiVersion: API_VERSION, ...encodeFields(FIELDS, withoutIdleSections(config)) };
}

const NO_PERIODS = { syncPeriod: { ms: 0 }, minSyncPeriod: { ms: 0 } };

function withoutIdleSections(config: ProxyConfig): ProxyConfig {
  const { mode, iptables, ipvs, nftables } = config;
  return {
    ...config,
    // IPVS mode masquerades as the iptables section says.
    iptables: {
      ...iptables,
      ...(mode !== 'iptables' && NO_PERIODS),
      ...(mode === 'nftables' && { masqueradeAll: false }),
    },
    ipvs: { ...ipvs, ...(mode !== 'ipvs' && NO_PERIODS) },
    nftables: { ...nftables, ...(mode !== 'nftables' && { ...NO_PERIODS, masqueradeAll: false }) },
  };
}
