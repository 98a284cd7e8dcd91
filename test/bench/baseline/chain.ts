// A chain of the baseline, and chains as the input of iptables-restore.

export interface BaselineChain {
  readonly name: string;
  /** Each without its `-A CHAIN`. */
  readonly rules: readonly string[];
}

/** One table's section: as in kube-proxy's input, all declarations come before all rules. */
export function* tableSection(table: string, chains: readonly BaselineChain[]): Generator<string> {
  yield `*${table}\n`;
  for (const { name } of chains) yield `:${name} - [0:0]\n`;
  for (const { name, rules } of chains) {
    for (const rule of rules) yield `-A ${name} ${rule}\n`;
  }
  yield 'COMMIT\n';
}
