// The numbers of nf_tables' netlink that we use: linux/netfilter/nfnetlink.h and nf_tables.h, with the kernel's names. What nft
// keeps as user data is numbered in libnftnl/udata.h.

export const NFNL_SUBSYS_NFTABLES = 10;
export const NFNL_MSG_BATCH_BEGIN = 16;
export const NFNL_MSG_BATCH_END = 17;
export const NFNLGRP_NFTABLES = 7;

/** Types of messages, with the subsystem in the upper byte. */
export const NFT_MSG_NEWTABLE = messageType(0);
export const NFT_MSG_GETTABLE = messageType(1);
export const NFT_MSG_DELTABLE = messageType(2);
export const NFT_MSG_NEWCHAIN = messageType(3);
export const NFT_MSG_GETCHAIN = messageType(4);
export const NFT_MSG_DELCHAIN = messageType(5);
export const NFT_MSG_NEWRULE = messageType(6);
export const NFT_MSG_GETRULE = messageType(7);
export const NFT_MSG_DELRULE = messageType(8);
export const NFT_MSG_NEWSET = messageType(9);
export const NFT_MSG_GETSET = messageType(10);
export const NFT_MSG_DELSET = messageType(11);
export const NFT_MSG_NEWSETELEM = messageType(12);
export const NFT_MSG_GETSETELEM = messageType(13);
export const NFT_MSG_DELSETELEM = messageType(14);
export const NFT_MSG_NEWGEN = messageType(15);
export const NFT_MSG_GETGEN = messageType(16);

export const NLM_F_CREATE = 0x400;
export const NLM_F_APPEND = 0x800;

export const NFPROTO = { unspecified: 0, IPv4: 2, IPv6: 10 } as const;
/** struct nfgenmsg, before the attributes: family, version, resource id. */
export const NFGENMSG_BYTES = 4;

/** The table is the first attribute of all messages but NEWGEN. */
export const NFTA_TABLE = 1;
export const NFTA_TABLE_FLAGS = 2;
export const NFTA_TABLE_USERDATA = 6;
export const NFT_TABLE_F_DORMANT = 0x1;

export const NFTA_CHAIN_NAME = 3;
export const NFTA_CHAIN_HOOK = 4;
export const NFTA_CHAIN_POLICY = 5;
export const NFTA_CHAIN_USE = 6;
export const NFTA_CHAIN_TYPE = 7;
export const NFTA_CHAIN_USERDATA = 12;
export const NFTA_HOOK_HOOKNUM = 1;
export const NFTA_HOOK_PRIORITY = 2;
/** NF_INET_PRE_ROUTING …, by number. */
export const HOOK_POINTS = ['prerouting', 'input', 'forward', 'output', 'postrouting'] as const;

export const NFTA_RULE_CHAIN = 2;
export const NFTA_RULE_HANDLE = 3;
export const NFTA_RULE_EXPRESSIONS = 4;
export const NFTA_RULE_USERDATA = 7;

export const NFTA_SET_NAME = 2;
export const NFTA_SET_FLAGS = 3;
export const NFTA_SET_KEY_TYPE = 4;
export const NFTA_SET_KEY_LEN = 5;
export const NFTA_SET_DATA_TYPE = 6;
export const NFTA_SET_DATA_LEN = 7;
export const NFTA_SET_DESC = 9;
export const NFTA_SET_ID = 10;
export const NFTA_SET_USERDATA = 13;
export const NFTA_SET_COUNT = 20;
export const NFTA_SET_DESC_SIZE = 1;
export const NFTA_SET_DESC_CONCAT = 2;
export const NFTA_SET_FIELD_LEN = 1;
export const NFT_SET_INTERVAL = 0x4;
export const NFT_SET_MAP = 0x8;
export const NFT_SET_TIMEOUT = 0x10;
export const NFT_SET_EVAL = 0x20;
export const NFT_SET_CONCAT = 0x80;

export const NFTA_SET_ELEM_LIST_SET = 2;
export const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
export const NFTA_SET_ELEM_KEY = 1;
export const NFTA_SET_ELEM_DATA = 2;
export const NFTA_SET_ELEM_FLAGS = 3;
export const NFTA_SET_ELEM_USERDATA = 6;
export const NFTA_SET_ELEM_KEY_END = 10;
export const NFT_SET_ELEM_INTERVAL_END = 1;

export const NFTA_LIST_ELEM = 1;
export const NFTA_DATA_VALUE = 1;
export const NFTA_DATA_VERDICT = 2;
export const NFTA_VERDICT_CODE = 1;
export const NFTA_VERDICT_CHAIN = 2;

export const NFTA_GEN_ID = 1;
export const NFTA_GEN_PROC_PID = 2;
export const NFTA_GEN_PROC_NAME = 3;

/** Kinds of user data. Of a table, a chain, a rule and an element, the comment is 0. */
export const UDATA_COMMENT = 0;
/** Of a rule, our own: nft ignores kinds that it does not know. */
export const UDATA_RULE_TAG = 0xf0;
export const UDATA_SET_KEYBYTEORDER = 0;
export const UDATA_SET_DATABYTEORDER = 1;
export const UDATA_SET_KEY_TYPEOF = 3;
export const UDATA_SET_DATA_TYPEOF = 4;
export const UDATA_SET_DATA_INTERVAL = 6;
export const UDATA_SET_COMMENT = 7;
export const UDATA_SET_TYPEOF_EXPR = 0;
export const UDATA_SET_TYPEOF_DATA = 1;
export const UDATA_ELEM_FLAGS = 1;
/** In UDATA_ELEM_FLAGS: nothing is above the interval, so it has no end. */
export const ELEM_INTERVAL_OPEN = 1;

function messageType(message: number): number {
  return (NFNL_SUBSYS_NFTABLES << 8) | message;
}
