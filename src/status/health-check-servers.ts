// The servers of healthCheckNodePorts: a load balancer asks each node whether it has endpoints of a Service with
// externalTrafficPolicy Local (pkg/proxy/healthcheck/service_health.go). They follow the committed plan.
import type { BaseLogger } from 'pino';
import type { Ip, IpFamily } from '../model/ip.ts';
import type { ObjectKey } from '../model/names.ts';
import type { Clock } from '../util/clock.ts';
import { jsonAnswer } from './answers.ts';
import { type HttpAnswer, HttpListener } from './http-listener.ts';
import type { FamilyStatus, HealthCheck, HealthChecks } from './snapshot.ts';

export interface HealthCheckServersOptions {
  /** Whether the rules follow the cluster, in all families. */
  readonly isProxyHealthy: () => boolean;
  /** A port cannot be listened on: told again at each try. */
  readonly onError: (problem: ListenProblem) => void;
  readonly clock: Clock;
  readonly log: Pick<BaseLogger, 'warn'>;
}

export interface ListenProblem {
  readonly service: ObjectKey;
  readonly port: number;
  readonly ip: Ip;
  readonly error: Error;
}

const RETRY_MS = 5_000;
const ALL_ADDRESSES: Readonly<Record<IpFamily, Ip>> = { IPv4: '0.0.0.0' as Ip, IPv6: '::' as Ip };

/** One address and port for one Service. */
interface Place {
  readonly service: ObjectKey;
  readonly ip: Ip;
  readonly port: number;
}

export class HealthCheckServers {
  readonly #options: HealthCheckServersOptions;
  readonly #families: Readonly<Record<IpFamily, FamilyServers>>;

  constructor(options: HealthCheckServersOptions) {
    this.#options = options;
    this.#families = { IPv4: emptyFamily(), IPv6: emptyFamily() };
  }

  /** Opens, changes and closes servers so that they are those of the committed plan. Returns at once. */
  follow({ family, healthChecks }: Pick<FamilyStatus, 'family' | 'healthChecks'>): void {
    const servers = this.#families[family];
    if (servers.followed === healthChecks) return;
    servers.followed = healthChecks;
    const { listeners, checks } = servers;
    checks.clear();
    for (const check of healthChecks.services) checks.set(check.service, check);
    const wanted = new Map(placesOf(family, healthChecks).map((place) => [JSON.stringify(place), place]));
    // First of all what goes: a port may move from one Service to another.
    for (const [key, listener] of listeners) {
      if (wanted.has(key)) continue;
      listener.close();
      listeners.delete(key);
    }
    for (const [key, place] of wanted) {
      if (!listeners.has(key)) listeners.set(key, this.#open(place, checks));
    }
  }

  close(): void {
    for (const family of ['IPv4', 'IPv6'] as const)
      this.follow({ family, healthChecks: { ips: undefined, services: [] } });
  }

  #open({ service, ip, port }: Place, checks: ReadonlyMap<ObjectKey, HealthCheck>): HttpListener {
    const { isProxyHealthy, onError, clock, log } = this.#options;
    return new HttpListener({
      ip,
      port,
      isIpv6Only: true,
      handler: () => healthCheckAnswer(service, checks.get(service)?.localEndpoints ?? 0, isProxyHealthy()),
      onError: (error) => onError({ service, port, ip, error }),
      retryMs: RETRY_MS,
      clock,
      log,
    });
  }
}

interface FamilyServers {
  /** What the servers are those of. */
  followed: HealthChecks | undefined;
  readonly listeners: Map<string, HttpListener>;
  readonly checks: Map<ObjectKey, HealthCheck>;
}

function emptyFamily(): FamilyServers {
  return { followed: undefined, listeners: new Map(), checks: new Map() };
}

function placesOf(family: IpFamily, { ips = [ALL_ADDRESSES[family]], services }: HealthChecks): Place[] {
  return services.flatMap(({ service, port }) => ips.map((ip) => ({ service, ip, port })));
}

/** Every path and method gets it. */
function healthCheckAnswer(service: ObjectKey, localEndpoints: number, isProxyHealthy: boolean): HttpAnswer {
  const [namespace, name] = service.split('/', 2);
  const body = { service: { namespace, name }, localEndpoints, serviceProxyHealthy: isProxyHealthy };
  const status = localEndpoints > 0 && isProxyHealthy ? 200 : 503;
  return jsonAnswer(JSON.stringify(body, null, '\t'), status, {
    'X-Load-Balancing-Endpoint-Weight': String(localEndpoints),
  });
}
