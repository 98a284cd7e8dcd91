// What kernel settings promise, held against the real kernel and the fake one.
import { describe, expect, it } from 'vitest';
import { ensureSysctl, type Sysctl, SysctlError } from '../../src/system/sysctl.ts';

export const ROUTE_LOCALNET = 'net/ipv4/conf/all/route_localnet';

/** `createSysctl` gives settings of which at least ROUTE_LOCALNET exists and is 0. */
export function describeSysctl(name: string, createSysctl: () => Sysctl): void {
  describe(`kernel settings of ${name}`, () => {
    it('read as they were written', () => {
      const sysctl = createSysctl();
      expect(sysctl.read(ROUTE_LOCALNET)).toBe('0');
      sysctl.write(ROUTE_LOCALNET, '1');
      expect(sysctl.read(ROUTE_LOCALNET)).toBe('1');
    });

    it('are undefined when the kernel does not have them', () => {
      expect(createSysctl().read('net/ipv4/no_such_setting')).toBeUndefined();
    });

    it('say what is missing when they cannot be written', () => {
      const write = (): void => createSysctl().write('net/ipv4/no_such_setting', '1');
      expect(write).toThrow(SysctlError);
      expect(write).toThrow(
        'cannot set /proc/sys/net/ipv4/no_such_setting to 1: this kernel does not have it: a module may not be loaded',
      );
    });

    it('are ensured', () => {
      const sysctl = createSysctl();
      ensureSysctl(sysctl, ROUTE_LOCALNET, '1');
      expect(sysctl.read(ROUTE_LOCALNET)).toBe('1');
    });
  });
}
