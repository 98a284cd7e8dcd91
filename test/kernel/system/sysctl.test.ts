// Kernel settings of a network namespace made for the test, never of the machine.
import { inNetns } from '../../../src/system/netns.ts';
import { type Sysctl, sysctl } from '../../../src/system/sysctl.ts';
import { describeSysctl } from '../../contract/sysctl-contract.ts';
import { createScratchNetns } from './scratch-netns.ts';

describeSysctl('the kernel', (): Sysctl => {
  const netns = createScratchNetns();
  return {
    read: (name) => inNetns(netns, () => sysctl.read(name)),
    write: (name, value) => inNetns(netns, () => sysctl.write(name, value)),
  };
});
