// Kernel settings in memory. Settings that were not given at the start do not exist, as on the real kernel.
import { type Sysctl, SysctlError } from '../../src/system/sysctl.ts';

export class FakeSysctl implements Sysctl {
  readonly values: Map<string, string>;
  /** As in a container that is not privileged. */
  isReadOnly = false;
  writeCount = 0;

  constructor(values: Readonly<Record<string, string>>) {
    this.values = new Map(Object.entries(values));
  }

  read(name: string): string | undefined {
    return this.values.get(name);
  }

  write(name: string, value: string): void {
    const code = this.isReadOnly ? 'EROFS' : this.values.has(name) ? undefined : 'ENOENT';
    if (code) throw new SysctlError(name, value, Object.assign(new Error(code), { code }));
    this.values.set(name, value);
    this.writeCount++;
  }
}
