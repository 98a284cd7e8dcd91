import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  bucketChainName,
  dispatchChainName,
  endpointChainName,
  isProxyChain,
  LAYOUT_CHAIN,
  servicePortHash,
} from '../../../../src/dataplane/iptables/names.ts';
import { ip } from '../../../builders/records.ts';

const recorded = readFileSync(
  resolve(import.meta.dirname, '../../../fixtures/kube-proxy/iptables-legacy.iptables-save'),
  'utf8',
);

const web = { namespace: 'shop', name: 'web', portName: '', protocol: 'TCP' } as const;
const dns = { namespace: 'kube-system', name: 'dns', portName: 'dns', protocol: 'UDP' } as const;

/** XT_EXTENSION_MAXNAMELEN less the final zero. */
const MAX_LENGTH = 28;
const KUBE_PROXY_NAME = /^KUBE-(SVC|SVL|EXT|FW|SEP)-[A-Z2-7]{16}$/;

describe('names of chains', () => {
  it.each([
    [web, '10.96.1.1/32 -p tcp .*--dport 80'],
    [dns, '10.96.0.10/32 -p udp .*--dport 53'],
  ])('of service ports are those that kube-proxy recorded: %o', (name, match) => {
    const chain = new RegExp(`-A KUBE-SERVICES -d ${match} -j KUBE-SVC-(\\S+)`).exec(recorded)?.[1];
    expect(servicePortHash(name)).toBe(chain);
  });

  it('of endpoints are those that kube-proxy recorded', () => {
    const chain = /-A (KUBE-SEP-\S+) .*--to-destination 10\.244\.1\.1:8080/.exec(recorded)?.[1];
    expect(endpointChainName(web, ip('10.244.1.1'), 8080)).toBe(chain);
  });

  it.each([
    ['a short label', dispatchChainName('KUBE-SVC-', '10.96.0.0_14')],
    ['the longest label of a network', dispatchChainName('KUBE-SVC-', '203.113.200.240_28')],
    ['a label that does not fit', dispatchChainName('KUBE-SVC-', '2001:db8:1234:5678::_64')],
    ['a label of ports', dispatchChainName('KUBE-EXT-', 'tcp_30720-30735')],
    ['all packets', dispatchChainName('KUBE-EXT-', 'any')],
    ['the deepest bucket', bucketChainName(`KUBE-SVC-${servicePortHash(web)}`, '012')],
    ['the layout', LAYOUT_CHAIN],
  ])('for %s fit, are recognised as ours and are never kube-proxy’s', (_, name) => {
    expect(name.length).toBeLessThanOrEqual(MAX_LENGTH);
    expect(isProxyChain('nat', name)).toBe(true);
    expect(name).not.toMatch(KUBE_PROXY_NAME);
  });

  it('that others use are not ours', () => {
    for (const name of ['KUBE-FIREWALL', 'KUBE-KUBELET-CANARY', 'CNI-HOSTPORT-DNAT', 'KUBE-SVCX', 'INPUT']) {
      expect(isProxyChain('nat', name) || isProxyChain('filter', name)).toBe(false);
    }
  });
});
