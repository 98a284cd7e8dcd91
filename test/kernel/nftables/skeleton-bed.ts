// The table without Services in a network namespace of its own, and nft to look at it.
import { execFileSync } from 'node:child_process';
import { kernelSet } from '../../../src/dataplane/nftables/kernel-set.ts';
import { TABLE_COMMENT, TABLE_NAME } from '../../../src/dataplane/nftables/names.ts';
import { affinitySet, FIXED_SETS } from '../../../src/dataplane/nftables/schema.ts';
import { type SkeletonContext, skeleton } from '../../../src/dataplane/nftables/skeleton.ts';
import { NetlinkConnection, type Refusal } from '../../../src/system/netlink/netlink-connection.ts';
import { NETLINK_NETFILTER, openNetlinkSocket } from '../../../src/system/netlink/netlink-socket.ts';
import { NftBatch } from '../../../src/system/netlink/nftables/nft-batch.ts';
import { inNetns } from '../../../src/system/netns.ts';

/** Writes the whole table in one transaction and hands back what the kernel refused of it. */
export function writeSkeleton(netns: string, context: SkeletonContext): readonly Refusal[] {
  const socket = inNetns(netns, () =>
    openNetlinkSocket({ protocol: NETLINK_NETFILTER, sendBufferBytes: 1 << 24 }),
  );
  try {
    return new NetlinkConnection(socket).transact(skeletonBatch(context));
  } finally {
    socket.close();
  }
}

function skeletonBatch(context: SkeletonContext): Buffer {
  const batch = new NftBatch({ family: context.family, name: TABLE_NAME });
  batch.newTable(TABLE_COMMENT);
  for (const schema of [...FIXED_SETS, ...context.affinitySeconds.map(affinitySet)])
    batch.newSet(kernelSet(schema, context.family));
  const chains = skeleton(context);
  for (const chain of chains) batch.newChain(chain);
  for (const { name, rules } of chains) for (const rule of rules) batch.newRule(name, rule);
  return batch.end();
}

export function runIn(netns: string, file: string, args: readonly string[], input?: string): string {
  return execFileSync('ip', ['netns', 'exec', netns, file, ...args], { input, encoding: 'utf8' });
}

export function listRuleset(netns: string): string {
  return runIn(netns, 'nft', ['list', 'ruleset']);
}
