import { beforeEach, describe, expect, it } from 'vitest';
import { createRouteLocalnet } from '../../../src/daemon/route-localnet.ts';
import type { IpFamily } from '../../../src/model/ip.ts';
import { aGlobalPlan, changeOf } from '../../builders/iptables-plans.ts';
import { aFamilyStatus, aReport } from '../../builders/status.ts';
import { FakeSysctl } from '../../fakes/fake-sysctl.ts';

const SETTING = 'net/ipv4/conf/all/route_localnet';
const STATUS = aFamilyStatus();

let sysctl: FakeSysctl;
let warnings: string[];
let observer: ReturnType<typeof createRouteLocalnet>;

beforeEach(() => {
  sysctl = new FakeSysctl({ [SETTING]: '0' });
  warnings = [];
  observer = createRouteLocalnet({
    sysctl,
    log: { warn: (_: object, message: string) => warnings.push(message) } as never,
  });
});

function commit(hasLocalhostNodePorts: boolean, family: IpFamily = 'IPv4'): void {
  observer.onCommit(changeOf([], { family, global: aGlobalPlan({ hasLocalhostNodePorts }) }));
}

describe('route_localnet', () => {
  it('is set after the table was written, not before', () => {
    commit(true);
    expect(sysctl.read(SETTING)).toBe('0');
    observer.onSync(aReport({ cause: 'start', outcome: 'failed' }), STATUS);
    expect(sysctl.read(SETTING)).toBe('0');
    observer.onSync(aReport({ cause: 'start' }), STATUS);
    expect(sysctl.read(SETTING)).toBe('1');
  });

  it('stays as it is where no NodePort answers on loopback', () => {
    commit(false);
    commit(true, 'IPv6');
    observer.onSync(aReport({ cause: 'start' }), STATUS);
    expect(sysctl.writeCount).toBe(0);
  });

  it('is set when NodePorts come to answer on loopback later', () => {
    commit(false);
    observer.onSync(aReport({ cause: 'start' }), STATUS);
    commit(true);
    commit(false, 'IPv6');
    observer.onSync(aReport({ cause: 'changes' }), STATUS);
    expect(sysctl.read(SETTING)).toBe('1');
  });

  it('is looked at again by audits and repairs, not by changes', () => {
    commit(true);
    observer.onSync(aReport({ cause: 'start' }), STATUS);
    sysctl.write(SETTING, '0');
    observer.onSync(aReport({ cause: 'changes' }), STATUS);
    expect(sysctl.read(SETTING)).toBe('0');
    observer.onSync(aReport({ cause: 'audit' }), STATUS);
    expect(sysctl.read(SETTING)).toBe('1');
  });

  it('costs a warning where it cannot be set', () => {
    sysctl.isReadOnly = true;
    commit(true);
    observer.onSync(aReport({ cause: 'start' }), STATUS);
    expect(warnings).toEqual(['cannot write a kernel setting, NodePorts on 127.0.0.1 will not answer']);
  });
});
