// The packet-flow suite on nftables.
import { flowSuite } from './flow-suite.ts';

flowSuite({ name: 'nftables', mode: 'nftables' });
