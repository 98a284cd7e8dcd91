import { describe, expect, it } from 'vitest';
import { createObject, deleteObject, updateObject } from '../../../../src/lab/api-server/registry.ts';
import { serviceCidrs, services } from '../../../../src/lab/api-server/resources.ts';
import { type ServiceSpec, specOf } from '../../../../src/lab/api-server/service-spec.ts';
import { changeSpec, createService, replaceSpec, statusOf, testCluster } from './cluster-builder.ts';

const IPV4_ONLY = ['10.96.0.0/24'];

function created(spec: object, cluster = testCluster()): ServiceSpec {
  return specOf(createService(cluster, 'web', spec));
}

describe('defaults of a Service', () => {
  it('make a ClusterIP Service of a port', () => {
    const { clusterIP, ...spec } = created({});
    expect(clusterIP).toMatch(/^10\./);
    expect(spec).toEqual({
      type: 'ClusterIP',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      clusterIPs: [clusterIP],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
    });
  });

  it('give an external traffic policy to what can be reached from outside', () => {
    expect(created({ externalIPs: ['192.0.2.1'] }).externalTrafficPolicy).toBe('Cluster');
    expect(created({ type: 'NodePort' }).externalTrafficPolicy).toBe('Cluster');
    expect(created({}).externalTrafficPolicy).toBeUndefined();
  });

  it('let client affinity last three hours', () => {
    expect(created({ sessionAffinity: 'ClientIP' }).sessionAffinityConfig).toEqual({
      clientIP: { timeoutSeconds: 10_800 },
    });
  });

  it('leave out what Go leaves out, and drop what no Service has', () => {
    const spec = created({ externalName: '', selector: null, publishNotReadyAddresses: false, nonsense: 1 });
    for (const field of ['externalName', 'selector', 'publishNotReadyAddresses', 'nonsense']) {
      expect(spec).not.toHaveProperty(field);
    }
  });
});

describe('ClusterIPs', () => {
  it('are taken in the static band when asked for, and given away above it otherwise', () => {
    const cluster = testCluster();
    expect(specOf(createService(cluster, 'a', { clusterIP: '10.96.0.10' })).clusterIPs).toEqual([
      '10.96.0.10',
    ]);
    expect(specOf(createService(cluster, 'b')).clusterIP).toBe('10.96.1.1');
    expect(specOf(createService(cluster, 'c')).clusterIP).toBe('10.96.1.2');
  });

  it('are refused when somebody has them, and free again after a deletion', () => {
    const cluster = testCluster();
    createService(cluster, 'a', { clusterIP: '10.96.0.10' });
    const again = () => createService(cluster, 'b', { clusterIP: '10.96.0.10' });
    expect(statusOf(again)).toMatchObject({
      code: 422,
      reason: 'Invalid',
      message:
        'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
      details: {
        name: 'b',
        kind: 'Service',
        causes: [{ reason: 'FieldValueInvalid', field: 'spec.clusterIPs' }],
      },
    });
    deleteObject(cluster, services, { namespace: 'shop', name: 'a' });
    expect(specOf(again()).clusterIP).toBe('10.96.0.10');
  });

  it.each([
    ['1.2.3.4', 'the provided network does not match the current range'],
    [
      '10.96.0.0',
      'the provided IP (10.96.0.0) is not in the valid range. The range of valid IPs is 10.96.0.0/24',
    ],
  ])('are refused outside of the ranges: %s', (clusterIP, why) => {
    const cluster = testCluster({ serviceCidrs: IPV4_ONLY });
    expect(statusOf(() => created({ clusterIP }, cluster)).message).toContain(why);
  });

  it('run out, and come from a new ServiceCIDR', () => {
    const cluster = testCluster({ serviceCidrs: ['10.96.0.0/29'] });
    for (let i = 0; i < 5; i++) createService(cluster, `s${i}`);
    expect(statusOf(() => createService(cluster, 'one-more'))).toMatchObject({
      code: 500,
      message: 'Internal error occurred: failed to allocate a serviceIP: range is full',
    });
    createObject(cluster, serviceCidrs, undefined, {
      metadata: { name: 'more' },
      spec: { cidrs: ['10.97.0.0/24'] },
    });
    expect(specOf(createService(cluster, 'one-more')).clusterIP).toMatch(/^10\.97\.0\./);
  });

  it('are None for headless Services, in both families when these have no selector', () => {
    const headless = { clusterIP: 'None', clusterIPs: ['None'] };
    expect(created({ clusterIP: 'None', selector: { app: 'a' } })).toMatchObject({
      ...headless,
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
    expect(created({ clusterIP: 'None' })).toMatchObject({
      ...headless,
      ipFamilies: ['IPv4', 'IPv6'],
      ipFamilyPolicy: 'RequireDualStack',
    });
  });

  it('are none for ExternalName Services', () => {
    const spec = created({ type: 'ExternalName', externalName: 'example.org' });
    expect(spec).toEqual({
      type: 'ExternalName',
      externalName: 'example.org',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      sessionAffinity: 'None',
    });
  });
});

describe('IP families', () => {
  it.each([
    [{ ipFamilyPolicy: 'PreferDualStack' }, ['IPv4', 'IPv6']],
    [{ ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6'] }, ['IPv6', 'IPv4']],
    [{ ipFamilies: ['IPv6'] }, ['IPv6']],
    [{ clusterIP: 'fd00:10:96::7' }, ['IPv6']],
    [{ clusterIP: '10.96.0.9', ipFamilyPolicy: 'PreferDualStack' }, ['IPv4', 'IPv6']],
  ])('%j gives %j', (given, families) => {
    const { ipFamilies, clusterIPs = [] } = created(given);
    expect(ipFamilies).toEqual(families);
    expect(clusterIPs.map((ip) => (ip.includes(':') ? 'IPv6' : 'IPv4'))).toEqual(families);
  });

  it('stay one in a cluster with one, unless both are demanded', () => {
    const prefer = created({ ipFamilyPolicy: 'PreferDualStack' }, testCluster({ serviceCidrs: IPV4_ONLY }));
    expect(prefer.ipFamilies).toEqual(['IPv4']);
    const demand = () =>
      created({ ipFamilyPolicy: 'RequireDualStack' }, testCluster({ serviceCidrs: IPV4_ONLY }));
    expect(statusOf(demand).message).toContain('this cluster is not configured for dual-stack services');
  });

  it('may be any for headless Services without selector, whatever the cluster has', () => {
    const cluster = testCluster({ serviceCidrs: IPV4_ONLY });
    createService(cluster, 'web', { clusterIP: 'None' });
    const { ipFamilies } = changeSpec(cluster, 'web', { publishNotReadyAddresses: true });
    expect(ipFamilies).toEqual(['IPv4', 'IPv6']);
  });

  it.each([
    [{ ipFamilies: ['IPv4', 'IPv6'] }, 'when multiple IP families are specified'],
    [
      { ipFamilies: ['IPv6'], clusterIP: '10.96.0.9' },
      'expected an IPv6 value as indicated by `ipFamilies[0]`',
    ],
    [{ ipFamilies: ['IPv4', 'IPv4'], ipFamilyPolicy: 'RequireDualStack' }, 'Duplicate value: "IPv4"'],
    [{ ipFamilyPolicy: 'Both' }, 'supported values: "PreferDualStack", "RequireDualStack", "SingleStack"'],
  ])('%j is refused', (given, why) => {
    expect(statusOf(() => created(given)).message).toContain(why);
  });

  it('come and go with the policy, the first address staying', () => {
    const cluster = testCluster();
    const first = specOf(createService(cluster, 'web')).clusterIP;
    const dual = changeSpec(cluster, 'web', { ipFamilyPolicy: 'PreferDualStack' });
    expect(dual.clusterIPs).toEqual([first, expect.stringContaining('fd00')]);
    const single = changeSpec(cluster, 'web', { ipFamilyPolicy: 'SingleStack' });
    expect(single).toMatchObject({ clusterIPs: [first], ipFamilies: ['IPv4'] });
    const released = dual.clusterIPs?.[1];
    expect(specOf(createService(cluster, 'next', { clusterIP: released })).clusterIP).toBe(released);
  });

  it('cannot be reduced under a policy for two', () => {
    const cluster = testCluster();
    const { clusterIPs = [] } = specOf(createService(cluster, 'web', { ipFamilyPolicy: 'PreferDualStack' }));
    const reduce = () =>
      changeSpec(cluster, 'web', { clusterIPs: clusterIPs.slice(0, 1), ipFamilies: ['IPv4'] });
    expect(statusOf(reduce).message).toContain("must be 'SingleStack' to release the secondary cluster IP");
  });
});

describe('node ports', () => {
  it('are given to NodePort and LoadBalancer Services', () => {
    expect(created({ type: 'NodePort' }).ports?.[0]?.nodePort).toBe(30_000);
    expect(created({ type: 'LoadBalancer' }).ports?.[0]?.nodePort).toBe(30_000);
    const none = created({ type: 'LoadBalancer', allocateLoadBalancerNodePorts: false });
    expect(none.ports?.[0]).not.toHaveProperty('nodePort');
  });

  it('are shared by the protocols of one port', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53 },
      { name: 'more', port: 54 },
    ];
    const spec = created({ type: 'NodePort', ports });
    expect(spec.ports?.map(({ nodePort }) => nodePort)).toEqual([30_000, 30_000, 30_001]);
  });

  it('leave alone what another port of the Service asks for', () => {
    const ports = [
      { name: 'a', port: 1 },
      { name: 'b', port: 2, nodePort: 30_000 },
    ];
    expect(created({ type: 'NodePort', ports }).ports?.map(({ nodePort }) => nodePort)).toEqual([
      30_001, 30_000,
    ]);
  });

  it.each([
    [30_080, 'spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated'],
    [80, 'provided port is not in the valid range. The range of valid ports is 30000-32767'],
  ])('are refused: %i', (nodePort, why) => {
    const cluster = testCluster();
    createService(cluster, 'first', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] });
    const second = () =>
      createService(cluster, 'second', { type: 'NodePort', ports: [{ port: 80, nodePort }] });
    expect(statusOf(second)).toMatchObject({ code: 422, message: expect.stringContaining(why) });
  });

  it('go with a change to ClusterIP, are free again, and stay when a client leaves them out', () => {
    const cluster = testCluster();
    createService(cluster, 'web', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] });
    expect(
      replaceSpec(cluster, 'web', { type: 'NodePort', ports: [{ port: 81 }] }).ports?.[0]?.nodePort,
    ).toBe(30_080);
    const spec = changeSpec(cluster, 'web', { type: 'ClusterIP' });
    expect(spec.ports).toEqual([{ port: 81, protocol: 'TCP', targetPort: 81 }]);
    expect(spec).not.toHaveProperty('externalTrafficPolicy');
    createService(cluster, 'next', { type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }] });
  });

  it('for health checks come with a Local load balancer, are fixed, and go with the policy', () => {
    const cluster = testCluster();
    const spec = specOf(
      createService(cluster, 'web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }),
    );
    const port = spec.healthCheckNodePort ?? 0;
    expect(port).toBeGreaterThanOrEqual(30_000);
    expect(port).not.toBe(spec.ports?.[0]?.nodePort);
    const move = () => changeSpec(cluster, 'web', { healthCheckNodePort: 31_000 });
    expect(statusOf(move).message).toContain('spec.healthCheckNodePort: Forbidden: field is immutable');
    expect(changeSpec(cluster, 'web', { externalTrafficPolicy: 'Cluster' })).not.toHaveProperty(
      'healthCheckNodePort',
    );
  });
});

describe('updates of a Service', () => {
  it('keep the ClusterIP of a client that does not send it', () => {
    const cluster = testCluster();
    const before = specOf(createService(cluster, 'web'));
    expect(replaceSpec(cluster, 'web', { ports: [{ port: 81 }] })).toMatchObject({
      clusterIP: before.clusterIP,
      clusterIPs: before.clusterIPs,
    });
  });

  it('cannot change the ClusterIP', () => {
    const cluster = testCluster();
    createService(cluster, 'web');
    const move = () => changeSpec(cluster, 'web', { clusterIP: '10.96.9.9', clusterIPs: ['10.96.9.9'] });
    expect(statusOf(move).message).toBe(
      'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["10.96.9.9"]: may not change once set',
    );
  });

  it('release everything on the way to ExternalName and get it anew on the way back', () => {
    const cluster = testCluster();
    const { clusterIP } = specOf(createService(cluster, 'web', { clusterIP: '10.96.0.10' }));
    const external = changeSpec(cluster, 'web', { type: 'ExternalName', externalName: 'example.org' });
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
      expect(external).not.toHaveProperty(field);
    }
    createService(cluster, 'next', { clusterIP });
    const back = changeSpec(cluster, 'web', { type: 'ClusterIP', externalName: '' });
    expect(back).toMatchObject({ clusterIP: expect.stringMatching(/^10\./), ipFamilies: ['IPv4'] });
    expect(back.clusterIP).not.toBe(clusterIP);
  });

  it('take away the load balancer when the type goes', () => {
    const cluster = testCluster();
    createService(cluster, 'web', { type: 'LoadBalancer' });
    const ref = { namespace: 'shop', name: 'web' };
    const status = { loadBalancer: { ingress: [{ ip: '203.0.113.8' }] } };
    const withStatus = updateObject(cluster, services, ref, (previous) => ({ ...previous, status }), {
      subresource: 'status',
    });
    expect(withStatus['status']).toEqual({
      loadBalancer: { ingress: [{ ip: '203.0.113.8', ipMode: 'VIP' }] },
    });
    const changed = updateObject(cluster, services, ref, (previous) => ({
      ...previous,
      spec: { ...specOf(previous), type: 'ClusterIP' },
    }));
    expect(changed['status']).toEqual({ loadBalancer: {} });
  });
});

describe('a Service is refused', () => {
  it.each([
    [{ ports: [] }, 'spec.ports: Required value'],
    [
      { ports: [{ port: 0 }] },
      'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ],
    [
      { ports: [{ port: 80, protocol: 'tcp' }] },
      'Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"',
    ],
    [{ ports: [{ port: 80 }, { port: 81 }] }, 'spec.ports[0].name: Required value'],
    [
      {
        ports: [
          { name: 'a', port: 80 },
          { name: 'a', port: 81 },
        ],
      },
      'spec.ports[1].name: Duplicate value: "a"',
    ],
    [
      {
        ports: [
          { name: 'a', port: 80 },
          { name: 'b', port: 80 },
        ],
      },
      'spec.ports[1]: Duplicate value',
    ],
    [{ ports: [{ port: 80, nodePort: 30_000 }] }, "may not be used when `type` is 'ClusterIP'"],
    [{ type: 'Other' }, 'spec.type: Unsupported value: "Other"'],
    [{ type: 'NodePort', clusterIP: 'None' }, "may not be set to 'None' for NodePort services"],
    [{ type: 'ExternalName' }, 'spec.externalName: Required value'],
    [
      { type: 'ExternalName', externalName: 'x', clusterIP: '10.96.0.9' },
      'may not be set for ExternalName services',
    ],
    [{ clusterIP: 'x' }, 'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address'],
    [{ clusterIPs: ['10.96.0.9'] }, 'must be empty when `clusterIP` is not specified'],
    [{ externalIPs: ['x'] }, 'spec.externalIPs[0]: Invalid value: "x"'],
    [{ loadBalancerSourceRanges: ['10.0.0.0/8'] }, "may only be used when `type` is 'LoadBalancer'"],
    [{ type: 'LoadBalancer', loadBalancerSourceRanges: ['x'] }, 'must be a valid CIDR value'],
    [{ externalTrafficPolicy: 'Local' }, 'may only be set for externally-accessible services'],
    [
      { healthCheckNodePort: 31_000 },
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy`",
    ],
    [{ internalTrafficPolicy: 'x' }, 'spec.internalTrafficPolicy: Unsupported value: "x"'],
    [{ sessionAffinity: 'x' }, 'spec.sessionAffinity: Unsupported value: "x"'],
    [
      { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } },
      'must be greater than 0 and less than 86400',
    ],
    [{ trafficDistribution: 'x' }, 'spec.trafficDistribution: Unsupported value: "x"'],
  ])('%j', (spec, why) => {
    expect(statusOf(() => created(spec))).toMatchObject({ code: 422, message: expect.stringContaining(why) });
  });

  it.each([
    [{ ports: [{ port: '80' }] }, 'spec.ports.0.port'],
    [{ ports: {} }, 'spec.ports'],
    [{ clusterIP: 1 }, 'spec.clusterIP'],
  ])('%j, whose types are wrong', (spec, where) => {
    const message = expect.stringContaining(`cannot be handled as a Service: ${where}: `);
    expect(statusOf(() => created(spec))).toMatchObject({ code: 400, message });
  });

  it('with all its errors at once', () => {
    const { message, details } = statusOf(() => created({ ports: [{ port: 0, protocol: 'x' }] }));
    expect(message).toMatch(
      /^Service "web" is invalid: \[spec\.ports\[0\]\.port: .*, spec\.ports\[0\]\.protocol: .*\]$/,
    );
    expect(details?.causes).toHaveLength(3);
  });
});
