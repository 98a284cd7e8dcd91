import { describeIptables } from '../../contract/iptables-contract.ts';
import { FakeIptables } from '../../fakes/fake-iptables.ts';

describeIptables('the fake iptables', () => ({ exec: new FakeIptables().exec, command: 'iptables-nft' }));
