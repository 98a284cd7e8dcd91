// Which variant of iptables the node uses: all its programs must use the same one. Decides as the wrapper of upstream's image
// does (iptables-wrapper-installer.sh of kubernetes-sigs/iptables-wrappers).
import type { IpFamily } from '../../model/ip.ts';
import type { Exec } from '../../system/exec.ts';
import { type IptablesVariant, saveProgram } from './tools.ts';

export interface DetectedVariant {
  readonly variant: IptablesVariant;
  /** For the log. */
  readonly because: 'kubelet made its hint chains there' | 'it has more rules' | 'nobody uses the other';
}

const HINT_CHAIN = /^:(KUBE-IPTABLES-HINT|KUBE-KUBELET-CANARY) /m;
const RULE = /^-/gm;

/** iptables-save of 100,000 rules takes about a second. */
const TIMEOUT_MS = 60_000;

export async function detectVariant(exec: Exec): Promise<DetectedVariant> {
  if (await hasHint(exec, 'nft', ['-t', 'mangle'])) return kubelets('nft');
  // With -t the legacy variant would make the table, and with it cost each packet a hook.
  if (await hasHint(exec, 'legacy', [])) return kubelets('legacy');
  const counts = { legacy: await countRules(exec, 'legacy'), nft: await countRules(exec, 'nft') };
  if (counts.legacy > counts.nft) return { variant: 'legacy', because: 'it has more rules' };
  return { variant: 'nft', because: counts.nft > 0 ? 'it has more rules' : 'nobody uses the other' };
}

function kubelets(variant: IptablesVariant): DetectedVariant {
  return { variant, because: 'kubelet made its hint chains there' };
}

async function hasHint(exec: Exec, variant: IptablesVariant, args: readonly string[]): Promise<boolean> {
  return HINT_CHAIN.test(await save(exec, variant, args));
}

async function countRules(exec: Exec, variant: IptablesVariant): Promise<number> {
  return (await save(exec, variant, [])).match(RULE)?.length ?? 0;
}

/** What both families print; a program that fails prints nothing. */
async function save(exec: Exec, variant: IptablesVariant, args: readonly string[]): Promise<string> {
  const families: readonly IpFamily[] = ['IPv4', 'IPv6'];
  const outputs = families.map((family) =>
    exec({ file: saveProgram(variant, family), args, timeoutMs: TIMEOUT_MS }),
  );
  return (await Promise.all(outputs)).map(({ stdout }) => stdout).join('\n');
}
