// Services and EndpointSlices as no API server would let them through: each field may be sound, nonsense, of a wrong type, or
// made to break out of wherever it is put. All strings of the last kind bear a mark.
import fc from 'fast-check';

/** In every string that is made to break out. */
export const MARK = 'h0stile';

const breakingOut = fc.constantFrom(
  `"${MARK}`,
  `${MARK}" -j ACCEPT`,
  `${MARK}\nCOMMIT\n*nat\n-F`,
  `--${MARK}`,
  `-A ${MARK}`,
  `COMMIT${MARK}`,
  `${MARK}\\`,
  `${MARK}\0`,
  `'$(${MARK})'`,
  `${MARK}\u2028${MARK}`,
  `${MARK.padEnd(253, 'x')}`,
  `10.96.1.1 -j ${MARK}`,
  `10.96.1.1/32,${MARK}`,
);

const wrong = fc.oneof(
  breakingOut,
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(
    null,
    '',
    0,
    -1,
    1.5,
    65_536,
    1e300,
    '80',
    '::ffff:10.0.0.1',
    '%eth0',
    '999.1.1.1',
    '10.0.0.0/33',
  ),
);

/** Sound more often than not, so that enough gets past the decoder. */
function mostly<T>(sound: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: sound }, { weight: 1, arbitrary: wrong });
}

/** Few, so that Services fight about them; the strange ones are addresses that no packet can have. */
const vips4 = fc.constantFrom(
  '10.96.1.1',
  '10.96.1.2',
  '203.0.113.1',
  '0.0.0.0',
  '255.255.255.255',
  '224.0.0.1',
);
const vips6 = fc.constantFrom('fd00:10:96::1', 'fd00:10:96::2', '2001:db8::1', '::', '::1', 'ff02::1');
const vip = fc.oneof(vips4, vips6);
const cidrs = fc.constantFrom(
  '198.51.100.0/24',
  '0.0.0.0/0',
  '198.51.100.7/24',
  '::/0',
  '2001:db8::/32',
  '1.2.3.4',
);
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'a'.repeat(253));
const portName = fc.constantFrom('', 'http', 'x'.repeat(63));
const protocol = fc.constantFrom('TCP', 'UDP', 'SCTP', 'ICMP', undefined);
const number = fc.constantFrom(1, 53, 80, 443, 8080, 65_535);
const policy = fc.constantFrom('Cluster', 'Local', undefined);
const list = (of: fc.Arbitrary<unknown>, maxLength: number) => mostly(fc.array(mostly(of), { maxLength }));

const servicePort = fc.record({
  name: mostly(portName),
  protocol: mostly(protocol),
  port: mostly(number),
  nodePort: mostly(fc.constantFrom(undefined, 30_000, 30_001)),
  targetPort: wrong,
});

export const hostileService = fc.record({
  kind: fc.constant('Service'),
  metadata: fc.record({
    namespace: mostly(fc.constant('shop')),
    name: mostly(name),
    uid: mostly(fc.constant('uid')),
    creationTimestamp: mostly(fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z')),
    labels: wrong,
  }),
  spec: fc.record({
    type: mostly(fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName')),
    clusterIP: wrong,
    clusterIPs: mostly(fc.tuple(vips4, vips6)),
    externalIPs: list(vip, 3),
    ports: list(servicePort, 4),
    loadBalancerSourceRanges: list(cidrs, 3),
    sessionAffinity: mostly(fc.constantFrom('ClientIP', 'None')),
    sessionAffinityConfig: mostly(fc.constantFrom({ clientIP: { timeoutSeconds: 86_400 } }, undefined)),
    internalTrafficPolicy: mostly(policy),
    externalTrafficPolicy: mostly(policy),
    healthCheckNodePort: mostly(fc.constantFrom(undefined, 31_000)),
  }),
  status: mostly(
    fc.record({ loadBalancer: mostly(fc.record({ ingress: list(fc.record({ ip: mostly(vip) }), 2) })) }),
  ),
});

const endpointIps = {
  IPv4: fc.constantFrom('10.244.1.1', '10.244.2.1', '10.244.2.2', '0.0.0.0', '127.0.0.1', '255.255.255.255'),
  IPv6: fc.constantFrom('fd00:10:244:1::1', 'fd00:10:244:2::1', '::', '::1', 'ff02::1'),
} as const;

function sliceOf(family: 'IPv4' | 'IPv6') {
  const endpoint = fc.record({
    addresses: list(endpointIps[family], 2),
    conditions: mostly(fc.record({ ready: mostly(fc.boolean()), terminating: mostly(fc.boolean()) })),
    nodeName: mostly(fc.constantFrom('node-1', 'node-2')),
    zone: wrong,
    hints: wrong,
    targetRef: wrong,
  });
  return fc.record({
    kind: fc.constant('EndpointSlice'),
    metadata: fc.record({
      namespace: mostly(fc.constant('shop')),
      name: mostly(name),
      labels: mostly(name.map((service) => ({ 'kubernetes.io/service-name': service }))),
      annotations: wrong,
    }),
    addressType: mostly(fc.constant(family)),
    endpoints: list(endpoint, 5),
    ports: list(fc.record({ name: mostly(portName), protocol: mostly(protocol), port: mostly(number) }), 3),
  });
}

export const hostileSlice = fc.oneof(sliceOf('IPv4'), sliceOf('IPv6'));
