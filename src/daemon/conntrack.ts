// Sets conntrack as the configuration wants it. What cannot be set is a warning: services work without it.
import { cpus } from 'node:os';
import type { BaseLogger } from 'pino';
import type { ProxyConfig } from '../config/fields.ts';
import type { EventNote } from '../kube/event-object.ts';
import { HashSizeError } from '../system/conntrack-hash-size.ts';
import {
  type ConntrackPorts,
  type ConntrackSettings,
  type SettingOutcome,
  setConntrack,
} from '../system/conntrack-sysctls.ts';

/** Answers what could not be set, each with an error that says what is missing. */
export function prepareConntrack(
  config: ProxyConfig['conntrack'],
  ports: ConntrackPorts,
  log: Pick<BaseLogger, 'info' | 'warn'>,
): readonly SettingOutcome[] {
  const outcomes = setConntrack(settingsOf(config), cpus().length, ports);
  for (const { name, value, outcome, error } of outcomes) {
    if (outcome === 'written') log.info({ entry: name, value }, 'Set sysctl');
    if (outcome === 'failed') log.warn({ entry: name, value, err: error }, 'conntrack is not as configured');
  }
  return outcomes.filter(({ outcome }) => outcome === 'failed');
}

/**
 * kube-proxy's Event for a read-only /sys (setupConntrack in cmd/kube-proxy/app/server_linux.go), which limits the node's connections
 * long before anybody looks into a log. undefined where that is not what failed.
 */
export function readOnlySysEvent(nodeName: string, failed: readonly SettingOutcome[]): EventNote | undefined {
  const error = failed.map((outcome) => outcome.error).find(isReadOnlySys);
  return (
    error && {
      regarding: { kind: 'Node', namespace: '', name: nodeName },
      type: 'Warning',
      reason: 'readOnlySysFS',
      action: 'StartKubeProxy',
      note: error.message,
    }
  );
}

function isReadOnlySys(error: unknown): error is HashSizeError {
  return error instanceof HashSizeError && error.isReadOnly;
}

/** Whole seconds, as the kernel wants them; fractions are cut as upstream does. */
function settingsOf(config: ProxyConfig['conntrack']): ConntrackSettings {
  return {
    maxPerCore: config.maxPerCore,
    min: config.min,
    tcpEstablishedSeconds: Math.floor(config.tcpEstablishedTimeout.ms / 1_000),
    tcpCloseWaitSeconds: Math.floor(config.tcpCloseWaitTimeout.ms / 1_000),
    udpSeconds: Math.floor(config.udpTimeout.ms / 1_000),
    udpStreamSeconds: Math.floor(config.udpStreamTimeout.ms / 1_000),
    isTcpBeLiberal: config.tcpBeLiberal,
  };
}
