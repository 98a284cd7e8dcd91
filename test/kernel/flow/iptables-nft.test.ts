// The packet-flow suite on iptables, nft variant.
import { flowSuite } from './flow-suite.ts';

flowSuite({ name: 'iptables nft', mode: 'iptables', env: { FAIRLEAD_IPTABLES: 'nft' } });
