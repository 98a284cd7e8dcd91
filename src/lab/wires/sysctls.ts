// Settings of the lab's namespaces. All of them exist once per network namespace; what is machine-wide is never written.
import { writeFileSync } from 'node:fs';
import { inNetns } from '../../system/netns.ts';

const ALL_HOSTS: Readonly<Record<string, string>> = {
  // Addresses work at once, without duplicate address detection.
  'ipv6/conf/all/accept_dad': '0',
  'ipv6/conf/default/accept_dad': '0',
  'ipv6/conf/default/accept_ra': '0',
  // The client enters through a node of its choice: nobody shall tell it a shorter way or mistrust the path.
  'ipv4/conf/all/rp_filter': '0',
  'ipv4/conf/default/rp_filter': '0',
  'ipv4/conf/all/send_redirects': '0',
  'ipv4/conf/default/send_redirects': '0',
  'ipv4/conf/all/accept_redirects': '0',
  'ipv4/conf/default/accept_redirects': '0',
  'ipv6/conf/all/accept_redirects': '0',
  'ipv6/conf/default/accept_redirects': '0',
  // Thousands of probes want thousands of ICMP answers.
  'ipv4/icmp_ratemask': '0',
  'ipv6/icmp/ratelimit': '0',
  'ipv6/icmp/ratemask': '',
};

/** First, because changing it resets others to their defaults. */
const ROUTERS: Readonly<Record<string, string>> = {
  'ipv4/ip_forward': '1',
  'ipv6/conf/all/forwarding': '1',
  'ipv6/conf/default/forwarding': '1',
};

/** Links made later take their settings from here, so this comes before them. */
export function setSysctls(netns: string, role: 'host' | 'router'): void {
  const settings = role === 'router' ? { ...ROUTERS, ...ALL_HOSTS } : ALL_HOSTS;
  inNetns(netns, () => {
    for (const [name, value] of Object.entries(settings))
      writeFileSync(`/proc/sys/net/${name}`, `${value}\n`);
  });
}
