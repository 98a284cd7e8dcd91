// The numbers of ctnetlink that we use: linux/netfilter/nfnetlink_conntrack.h, and for the flags of CTA_FILTER
// net/netfilter/nf_internals.h.

export const CTNETLINK = 1 << 8;
export const IPCTNL_MSG_CT_GET = 1;
export const IPCTNL_MSG_CT_DELETE = 2;

export const NFPROTO = { IPv4: 2, IPv6: 10 } as const;
export const IPPROTO_UDP = 17;
/** struct nfgenmsg, before the attributes: family, version, resource id. */
export const NFGENMSG_BYTES = 4;

export const CTA_TUPLE_ORIG = 1;
export const CTA_TUPLE_REPLY = 2;
export const CTA_ID = 12;
export const CTA_ZONE = 18;
export const CTA_FILTER = 25;

/** In a tuple. */
export const CTA_TUPLE_IP = 1;
export const CTA_TUPLE_PROTO = 2;
/** CTA_IP_V4_SRC and CTA_IP_V6_SRC, and the same for destinations. */
export const CTA_IP_SOURCE = { IPv4: 1, IPv6: 3 } as const;
export const CTA_IP_DESTINATION = { IPv4: 2, IPv6: 4 } as const;
export const CTA_PROTO_NUM = 1;
export const CTA_PROTO_SRC_PORT = 2;
export const CTA_PROTO_DST_PORT = 3;

/** In CTA_FILTER: which values of CTA_TUPLE_ORIG must be the same. */
export const CTA_FILTER_ORIG_FLAGS = 1;
export const FILTER_DESTINATION_IP = 1 << 1;
export const FILTER_PROTOCOL = 1 << 3;
export const FILTER_DESTINATION_PORT = 1 << 5;
