// --healthz-port and --metrics-port, which kube-proxy has kept from before the addresses: a port for an address that has none, and
// 0 for no server (addressFromDeprecatedFlags in cmd/kube-proxy/app/options.go).
import { type IpFamily, ipFamilyOf, parseIp } from '../model/ip.ts';
import { SERVER_DEFAULTS } from './derived-defaults.ts';
import { integerFromText } from './flag-text.ts';
import type { FlaggedValues, FlagTexts } from './flagged-values.ts';
import { type HostPort, hostPortText, parseHostPort } from './host-port.ts';

export interface PortFlag {
  readonly name: string;
  /** The flag and field of the address. */
  readonly addressFlag: string;
  readonly path: keyof typeof SERVER_DEFAULTS;
}

export const PORT_FLAGS: readonly PortFlag[] = [
  { name: 'healthz-port', addressFlag: 'healthz-bind-address', path: 'healthzBindAddress' },
  { name: 'metrics-port', addressFlag: 'metrics-bind-address', path: 'metricsBindAddress' },
];

const MAX_PORT = 65_535;

/** What the given ones of these flags make of the addresses. */
export function valuesOfPortFlags(texts: FlagTexts): FlaggedValues {
  const given = PORT_FLAGS.filter(({ name }) => texts.has(name));
  const isBad = (flag: PortFlag) => portFrom(flag, texts) === undefined;
  return {
    values: new Map(given.map((flag) => [flag.path, addressFrom(flag, texts)])),
    problems: given.filter(isBad).map(({ name }) => ({
      path: `--${name}`,
      value: texts.get(name)?.at(-1),
      expected: `a port from 1 to ${MAX_PORT}, or 0 for no server`,
    })),
    warnings: given.map(({ name, addressFlag }) => `--${name} is deprecated: use --${addressFlag}`),
  };
}

function portFrom({ name }: PortFlag, texts: FlagTexts): number | undefined {
  const port = integerFromText(texts.get(name)?.at(-1) ?? '');
  return typeof port === 'number' && port >= 0 && port <= MAX_PORT ? port : undefined;
}

function addressFrom(flag: PortFlag, texts: FlagTexts): HostPort | undefined {
  const port = portFrom(flag, texts);
  if (!port) return undefined;
  const fallback = SERVER_DEFAULTS[flag.path][familyFrom(texts)];
  const address = texts.get(flag.addressFlag)?.at(-1) || hostPortText({ ...fallback, port });
  return parseHostPort(address, port);
}

function familyFrom(texts: FlagTexts): IpFamily {
  const bindAddress = parseIp(texts.get('bind-address')?.at(-1) ?? '');
  return bindAddress ? ipFamilyOf(bindAddress) : 'IPv4';
}
