// Makes docs/configuration.md from the tables that the program itself uses. test/unit/docs/configuration-page.test.ts fails while the
// page differs; `npx vitest run test/unit/docs -u` writes it.
import { OWN_FLAGS } from '../src/cli/run-flags.ts';
import { type Field, fieldsIn } from '../src/config/field.ts';
import { FIELDS } from '../src/config/fields.ts';

export function configurationPage(): string {
  return [INTRODUCTION, fieldTable(), FLAGS, flagTable(), CHANGES].join('\n');
}

const INTRODUCTION = `# Configuration

Fairlead reads kube-proxy's own configuration: a \`KubeProxyConfiguration\` file (\`kubeproxy.config.k8s.io/v1alpha1\`, YAML or JSON),
or the same flags. This page is made from the tables that the program uses; what differs from kube-proxy is in
[compatibility.md](compatibility.md).

- A field that is missing, null or empty has its default. So has a zero duration, \`qps\` or \`burst\` in the file; a flag can say
  zero. kubeadm's file, full of zeros, means the defaults.
- With \`--config\` the file decides. Of the flags only those marked * count then; the others are ignored with a warning.
- Everything that is wrong is told at once, with path, value and remedy, and the exit code is 1. Unknown fields, fields that appear
  twice, and feature gates that mean nothing are warned of.
- \`--write-config-to FILE\` writes the whole configuration with its defaults; \`/configz\` of a running daemon shows it.

## Fields
`;

const FLAGS = `
## Flags that no file can hold

As with Go's programs: \`--name=value\` or \`--name value\`, \`--name=false\`, \`-v4\`; lists with commas or by repetition.
\`fairlead\` called as \`kube-proxy\`, or with flags only, is \`fairlead run\`.
`;

const CHANGES = `
## When the file changes

However the change is delivered (a ConfigMap volume swaps a link, an editor renames, a script writes), it is noticed within
10 seconds. Only what the fields say counts: comments and order change nothing, and a flag that wins over the file keeps winning.

- A field changed: a log line says which, from what to what, the sync under way ends, and so does the daemon, with exit code 1. The rules
  stay, and a pod, or a unit of systemd with \`Restart=on-failure\`, is started again with the new file.
- The new file cannot be used: a log line says why, and the daemon goes on as before. It would not start with this file.

## Exit codes

| code | when |
|---|---|
| 0 | told to end (SIGTERM, SIGINT); \`--cleanup\`, \`--init-only\`, \`--write-config-to\`, \`--version\`, \`--help\` done |
| 1 | the command line or the configuration cannot be used; \`--cleanup\` could not remove something, \`--init-only\` could not set something |
| 1 | the daemon cannot run: no podCIDRs for five minutes in NodeCIDR mode, networks that are all of the wrong IP family |
| 1 | to be started again: the configuration changed, the Node's IPs or (in NodeCIDR mode) podCIDRs changed, the Node was deleted |
`;

function fieldTable(): string {
  const rows = fieldsIn(FIELDS).map(([path, field]) =>
    row([`\`${path}\``, typeText(field), defaultText(field), flagText(field), field.doc]),
  );
  return table(['field', 'type', 'default', 'flag', 'meaning'], rows);
}

function flagTable(): string {
  return table(
    ['flag', 'type', 'meaning'],
    OWN_FLAGS.map(({ name, type, doc }) => row([`\`--${name}\``, type, doc])),
  );
}

function typeText({ kind }: Field<unknown>): string {
  return kind.choices ? kind.choices.join(', ') : kind.type;
}

function defaultText({ kind, fallback }: Field<unknown>): string {
  const encoded = kind.encode(fallback);
  return encoded === null || encoded === '' ? '' : `\`${String(encoded)}\``;
}

function flagText({ flag }: Field<unknown>): string {
  if (!flag) return '';
  return `\`--${flag.name}\`${flag.winsOverFile ? ' *' : ''}`;
}

function table(head: readonly string[], rows: readonly string[]): string {
  return `${[row(head), `|${'---|'.repeat(head.length)}`, ...rows].join('\n')}\n`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
