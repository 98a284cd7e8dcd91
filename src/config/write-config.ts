// `--write-config-to`: the configuration as a file that kube-proxy reads, too.
import { writeFileSync } from 'node:fs';
import { dump } from 'js-yaml';
import { externalConfigOf } from './external-config.ts';
import type { ProxyConfig } from './fields.ts';

/** Sorted by name, as upstream's. Throws what writing throws. */
export function writeConfig(config: ProxyConfig, target: string): void {
  writeFileSync(target, dump(externalConfigOf(config), { sortKeys: true }));
}
