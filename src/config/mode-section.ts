// Which section of the configuration counts: iptables and nftables have the same settings, each for its own mode.
import type { ProxyConfig } from './fields.ts';

/** Of the mode in use, which is iptables or nftables: rules.ts refuses every other. */
export type ModeSection = ProxyConfig['nftables'];

export function modeSectionOf({ mode, iptables, nftables }: ProxyConfig): ModeSection {
  return mode === 'nftables' ? nftables : iptables;
}
