// The flags of kube-proxy 1.36 on Linux (cmd/kube-proxy/app/options.go, component-base's logging, and Go's flags), written down by
// hand: a flag that is missing stops a DaemonSet that uses it.
import { expect, it } from 'vitest';
import { RUN_FLAGS } from '../../../src/cli/run-flags.ts';

const KUBE_PROXY = `
  config write-config-to cleanup init-only feature-gates kubeconfig master kube-api-content-type kube-api-burst kube-api-qps
  hostname-override bind-address healthz-bind-address metrics-bind-address bind-address-hard-fail profiling
  show-hidden-metrics-for-version proxy-mode config-sync-period oom-score-adj version help
  iptables-masquerade-bit masquerade-all iptables-localhost-nodeports iptables-sync-period iptables-min-sync-period
  ipvs-sync-period ipvs-min-sync-period ipvs-scheduler ipvs-exclude-cidrs ipvs-strict-arp ipvs-tcp-timeout ipvs-tcpfin-timeout
  ipvs-udp-timeout
  detect-local-mode pod-bridge-interface pod-interface-name-prefix cluster-cidr nodeport-addresses
  conntrack-max-per-core conntrack-min conntrack-tcp-timeout-established conntrack-tcp-timeout-close-wait
  conntrack-tcp-be-liberal conntrack-udp-timeout conntrack-udp-timeout-stream
  logging-format log-flush-frequency v vmodule log-text-split-stream log-text-info-buffer-size log-json-split-stream
  log-json-info-buffer-size boot-id-file machine-id-file
  healthz-port metrics-port
`;

it("has exactly kube-proxy's flags", () => {
  const names = RUN_FLAGS.map(({ name }) => name);
  expect(names.toSorted()).toEqual(KUBE_PROXY.trim().split(/\s+/).toSorted());
});
