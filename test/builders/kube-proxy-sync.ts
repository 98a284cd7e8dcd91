// What kube-proxy feeds to iptables-restore when it comes back to a node.

/**
 * The recorded rules, and the removal of every other nat chain with one of kube-proxy's prefixes, as its full sync does
 * (syncProxyRules in pkg/proxy/iptables/proxier.go). `found` is what iptables-save prints before.
 */
export function kubeProxySync(recorded: string, found: string): string {
  const own = new Set(Array.from(recorded.matchAll(/^:(KUBE-\S+)/gm), ([, name]) => name));
  const nat = /^\*nat$.*?^COMMIT$/ms.exec(found)?.[0] ?? '';
  const prefixed = nat.matchAll(/^:(KUBE-(?:SVC|SVL|EXT|FW|SEP)-\S+)/gm);
  const stale = Array.from(prefixed, ([, name]) => name).filter((name) => !own.has(name));
  const isKept = (line: string) => /^(\*|COMMIT|:KUBE|-A KUBE)/.test(line);
  const removal = [...stale.map((name) => `:${name} - [0:0]`), ...stale.map((name) => `-X ${name}`)].join(
    '\n',
  );
  const lines = recorded.split('\n').filter(isKept).join('\n');
  const [before, recordedNat = ''] = lines.split('*nat\n');
  return `${before}*nat\n${recordedNat.replace(/COMMIT/, `${removal}\nCOMMIT`)}\n`;
}
