// The ways of programming the kernel that are measured.
import type { IptablesVariant } from '../../../src/dataplane/iptables/tools.ts';

/** kube-proxy's mode, and for iptables the variant of its tools. */
export type BenchMode = IptablesVariant | 'nftables';
