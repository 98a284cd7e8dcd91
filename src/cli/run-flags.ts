// The flags of the daemon: those of the configuration's fields, and those that no file can hold.
import type { FieldOfFlag } from '../config/flags.ts';
import { FIELD_FLAGS } from '../config/flags.ts';
import { PORT_FLAGS } from '../config/port-flags.ts';
import type { CommandFlag } from './command-flag.ts';

/** Those that are no field's. */
export const OWN_FLAGS: readonly CommandFlag[] = [
  {
    name: 'config',
    type: 'file',
    doc: 'A KubeProxyConfiguration, v1alpha1. Most other flags are ignored then.',
  },
  {
    name: 'write-config-to',
    type: 'file',
    doc: 'Write the configuration with its defaults to this file, and exit.',
  },
  {
    name: 'cleanup',
    type: 'bool',
    doc: 'Remove all rules of Fairlead and kube-proxy from this node, and exit. Connections are kept.',
  },
  {
    name: 'init-only',
    type: 'bool',
    doc: 'Do only what takes more than CAP_NET_ADMIN and CAP_NET_RAW, and exit. The daemon needs no others then.',
  },
  { name: 'master', type: 'string', doc: 'Address of the API server, before the one in the kubeconfig.' },
  { name: 'version', type: 'bool', doc: 'Print the version, and exit.' },
  { name: 'help', short: 'h', type: 'bool', doc: 'Print this, and exit.' },
  ...['boot-id-file', 'machine-id-file'].map((name) => ({
    name,
    type: 'string',
    doc: 'Accepted and ignored: kube-proxy has it from a library.',
  })),
  ...PORT_FLAGS.map(({ name, addressFlag }) => ({
    name,
    type: 'int',
    doc: `Deprecated, use --${addressFlag}: the port where that has none; 0: no server.`,
  })),
];

/** Sorted by name, as kube-proxy's help. */
export const RUN_FLAGS: readonly CommandFlag[] = [
  ...OWN_FLAGS,
  ...[...FIELD_FLAGS.values()].map(({ name, short, fields: [field] }) => ({
    name,
    ...(short !== undefined && { short }),
    type: field.kind.type,
    doc: field.doc + choicesText(field) + defaultText(field),
  })),
].sort((a, b) => (a.name < b.name ? -1 : 1));

function choicesText({ kind: { choices } }: FieldOfFlag): string {
  return choices ? ` One of ${choices.join(', ')}.` : '';
}

function defaultText({ kind, fallback }: FieldOfFlag): string {
  const encoded = kind.encode(fallback);
  const isEmpty = encoded === null || encoded === '' || encoded === false;
  return isEmpty ? '' : ` (default ${String(encoded)})`;
}
