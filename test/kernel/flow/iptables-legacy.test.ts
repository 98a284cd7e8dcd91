// The packet-flow suite on iptables, legacy variant.
import { flowSuite } from './flow-suite.ts';

flowSuite({ name: 'iptables legacy', mode: 'iptables', env: { FAIRLEAD_IPTABLES: 'legacy' } });
