// The servers of the daemon: what they show, where they listen, and what happens when they cannot.
import { flagValues } from '../cli/flag-values.ts';
import { configzOf } from '../config/external-config.ts';
import { isGateOn } from '../config/feature-gates.ts';
import type { ProxyConfig } from '../config/fields.ts';
import type { FlagTexts } from '../config/flagged-values.ts';
import type { HostPort } from '../config/host-port.ts';
import { modeSectionOf } from '../config/mode-section.ts';
import { INVALID_DROPPED_COUNTER, LOCALHOST_NODE_PORTS_COUNTER } from '../dataplane/iptables/features.ts';
import type { EventNote } from '../kube/event-object.ts';
import type { EventRecorder } from '../kube/event-recorder.ts';
import type { Logger } from '../log/logger.ts';
import { joinHostPort } from '../model/ip.ts';
import { healthRoutes } from '../status/health-server.ts';
import { type HttpHandler, HttpListener } from '../status/http-listener.ts';
import { LoopLagMeter } from '../status/loop-lag.ts';
import type { CurrentState, Metrics } from '../status/metrics.ts';
import { metricsRoutes } from '../status/metrics-server.ts';
import type { Snapshot, WatchStatus } from '../status/snapshot.ts';
import type { Statusz } from '../status/zpages.ts';
import { openNetlinkSocket } from '../system/netlink/netlink-socket.ts';
import { createReadPacketCounter } from '../system/packet-counters.ts';
import { readProcessStats } from '../system/process-stats.ts';
import { type Clock, sleep } from '../util/clock.ts';
import { VERSION } from '../version.ts';
import { readClientCounts } from './client-counts.ts';

export interface ServersOptions {
  readonly config: ProxyConfig;
  readonly flags: FlagTexts;
  readonly nodeName: string;
  readonly snapshot: () => Snapshot;
  readonly watches: () => readonly WatchStatus[];
  readonly metrics: Metrics;
  readonly events: Pick<EventRecorder, 'record' | 'settled'>;
  /** With bindAddressHardFail, a server cannot listen: the daemon has to end. */
  readonly onFatal: (error: Error) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Servers {
  close(): void;
}

const RETRY_MS = 5_000;
/** The API server may be what cannot be reached. */
const EVENT_GRACE_MS = 1_000;

/** The metrics server and the health server. Returns at once: a port that is taken is tried again. */
export function startServers(options: ServersOptions): Servers {
  const { healthzBindAddress, metricsBindAddress } = options.config;
  const lagMeter = new LoopLagMeter();
  const listeners = [
    listen({ ...HEALTH, address: healthzBindAddress, handler: healthHandler(options) }, options),
    listen({ ...METRICS, address: metricsBindAddress, handler: metricsHandler(options, lagMeter) }, options),
  ];
  return {
    close: () => {
      for (const listener of listeners) listener?.close();
      lagMeter.close();
    },
  };
}

/** So long may a change wait before the node counts as unhealthy. */
export function healthTimeoutMs(config: ProxyConfig): number {
  return 2 * modeSectionOf(config).syncPeriod.ms;
}

/** With upstream's reasons for the Event (cmd/kube-proxy/app/server.go). */
const HEALTH = { name: 'healthz', reason: 'FailedToStartProxierHealthcheck' };
const METRICS = { name: 'metrics', reason: 'FailedToStartMetricServer' };

interface ServerSpec {
  readonly name: string;
  readonly reason: string;
  /** undefined: not wanted. */
  readonly address: HostPort | undefined;
  readonly handler: HttpHandler;
}

function listen({ address, ...spec }: ServerSpec, options: ServersOptions): HttpListener | undefined {
  if (!address) return undefined;
  const { config, clock, log } = options;
  const isFatal = config.bindAddressHardFail;
  const onError = (error: Error): void => {
    const at = joinHostPort(address.ip, address.port);
    log.error({ server: spec.name, address: at, err: error }, 'server cannot listen');
    if (isFatal) void end({ ...spec, error: new Error(`${spec.name} server: ${error.message}`) }, options);
  };
  const retryMs = isFatal ? undefined : RETRY_MS;
  return new HttpListener({
    ...address,
    isIpv6Only: false,
    handler: spec.handler,
    onError,
    retryMs,
    clock,
    log,
  });
}

/** Only now is there an Event, as upstream: retries tell the log. */
async function end(
  { reason, error }: Pick<ServerSpec, 'reason'> & { readonly error: Error },
  { events, nodeName, onFatal, clock }: ServersOptions,
): Promise<void> {
  const regarding: EventNote['regarding'] = { kind: 'Node', namespace: '', name: nodeName };
  events.record({ regarding, type: 'Warning', reason, action: 'StartKubeProxy', note: error.message });
  const sent = new AbortController();
  await Promise.race([events.settled(), sleep(clock, EVENT_GRACE_MS, sent.signal)]);
  sent.abort();
  onFatal(error);
}

function healthHandler({ config, snapshot, metrics, clock }: ServersOptions): HttpHandler {
  const nowMs = () => clock.nowMs();
  return healthRoutes({ snapshot, nowMs, healthTimeoutMs: healthTimeoutMs(config), metrics });
}

function metricsHandler(options: ServersOptions, lagMeter: LoopLagMeter): HttpHandler {
  const { config, metrics } = options;
  const readPacketCounter = createReadPacketCounter(openNetlinkSocket);
  const current = async (): Promise<CurrentState> => ({
    snapshot: options.snapshot(),
    watches: options.watches(),
    packets: {
      invalidDropped: readPacketCounter(INVALID_DROPPED_COUNTER),
      localhostNodePorts: readPacketCounter(LOCALHOST_NODE_PORTS_COUNTER),
    },
    clients: config.mode === 'nftables' ? await readClientCounts() : {},
    process: readProcessStats(),
    loopLag: lagMeter.take(),
    nowMs: options.clock.nowMs(),
  });
  return metricsRoutes({
    metricsText: async () => metrics.text(await current()),
    proxyMode: config.mode,
    configz: JSON.stringify(configzOf(config)),
    hasProfiling: config.enableProfiling,
    flags: isGateOn('ComponentFlagz', config.featureGates) ? flagValues(options.flags) : undefined,
    statusz: isGateOn('ComponentStatusz', config.featureGates) ? () => statuszOf(options.clock) : undefined,
  });
}

function statuszOf(clock: Clock): Omit<Statusz, 'paths'> {
  return {
    version: VERSION,
    runtime: process.version,
    startedAtMs: performance.timeOrigin,
    nowMs: clock.nowMs(),
  };
}
