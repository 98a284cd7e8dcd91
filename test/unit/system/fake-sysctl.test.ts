// The fake settings keep the real ones' promises; what a test machine cannot show is tested here.
import { expect, it } from 'vitest';
import { ensureSysctl } from '../../../src/system/sysctl.ts';
import { describeSysctl, ROUTE_LOCALNET } from '../../contract/sysctl-contract.ts';
import { FakeSysctl } from '../../fakes/fake-sysctl.ts';

describeSysctl('the fake', () => new FakeSysctl({ [ROUTE_LOCALNET]: '0' }));

it('a setting that has its value already is not written', () => {
  const sysctl = new FakeSysctl({ [ROUTE_LOCALNET]: '1' });
  sysctl.isReadOnly = true;
  ensureSysctl(sysctl, ROUTE_LOCALNET, '1');
  expect(sysctl.writeCount).toBe(0);
});

it('a read-only /proc/sys is named', () => {
  const sysctl = new FakeSysctl({ [ROUTE_LOCALNET]: '0' });
  sysctl.isReadOnly = true;
  expect(() => ensureSysctl(sysctl, ROUTE_LOCALNET, '1')).toThrow('mounted read-only');
});
