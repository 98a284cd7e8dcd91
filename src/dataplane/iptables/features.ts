// What this node's kernel and tools can do beyond the ground that everything stands on, found out by trying.
import type { IpFamily } from '../../model/ip.ts';

export interface IptablesFeatures {
  /** ipset and xt_set work: affinity without a limit of 100 clients, and REJECT for unknown ports of ClusterIPs. */
  readonly hasSets: boolean;
  /** nfacct and xt_nfacct work: the counters behind two metrics of kube-proxy. */
  readonly hasAccounting: boolean;
  /** net.netfilter.nf_conntrack_tcp_be_liberal: packets that conntrack calls INVALID must then pass. */
  readonly isTcpBeLiberal: boolean;
}

/** What rendering needs to know beside the plan: constant for the life of the process. */
export interface RenderContext {
  readonly family: IpFamily;
  readonly features: IptablesFeatures;
}
