// `fairlead --init-only`: what takes more rights than programming rules does, so that the daemon gets by with CAP_NET_ADMIN:
// kernel settings, and kernel modules, which the kernel loads when rules that need them are tried.
import type { Command } from '../cli/command.ts';
import type { ProxyConfig } from '../config/fields.ts';
import { prepareLocalnet } from '../dataplane/iptables/prepare-localnet.ts';
import type { IptablesVariant } from '../dataplane/iptables/tools.ts';
import type { Ip } from '../model/ip.ts';
import { planGlobal } from '../plan/global-plan.ts';
import { hashSize } from '../system/conntrack-hash-size.ts';
import { exec } from '../system/exec.ts';
import { sysctl } from '../system/sysctl.ts';
import { prepareConntrack } from './conntrack.ts';
import { variantOfNode } from './iptables-kernels.ts';
import { createKernels } from './kernels.ts';
import { planSettingsOf } from './plan-settings.ts';
import { start } from './start.ts';

type InitOnlyCommand = Extract<Command, { readonly kind: 'init-only' }>;

/** Returns the exit code. Unlike for the daemon, a setting that cannot be written is a failure: it is all there is to do. */
export async function initOnly({ source, iptablesVariant }: InitOnlyCommand): Promise<number> {
  const started = start(source);
  if (!started) return 1;
  const { loaded, log } = started;
  try {
    const { mode } = loaded.config;
    (await createKernels({ mode, iptablesVariant, exec, log })).close();
    if (hasLocalhostNodePorts(loaded.config))
      await routeLocalnet(iptablesVariant ?? (await variantOfNode({ exec, log })));
    const [failed] = prepareConntrack(loaded.config.conntrack, { sysctl, hashSize }, log);
    if (failed) throw failed.error;
    log.notice({}, 'the node is prepared');
    return 0;
  } catch (err) {
    log.fatal({ err }, 'the node cannot be prepared');
    return 1;
  }
}

function hasLocalhostNodePorts(config: ProxyConfig): boolean {
  const { config: planConfig } = planSettingsOf(config, '');
  const node = { name: '', zone: '', podCidrs: [], primaryIps: {}, addresses: ['127.0.0.1' as Ip] };
  return planGlobal({ family: 'IPv4', config: planConfig, node, serviceCidrs: [] }).hasLocalhostNodePorts;
}

async function routeLocalnet(variant: IptablesVariant): Promise<void> {
  const result = await prepareLocalnet({ exec, sysctl, variant });
  if (!result.ok) throw new Error(result.error);
}
