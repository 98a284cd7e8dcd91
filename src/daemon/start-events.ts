// The Events that say on the Node that its service proxy has started, as kube-proxy's do: without a uid.
import type { LoadedConfig } from '../config/load-config.ts';
import type { EventNote } from '../kube/event-object.ts';

export function startEvents(
  nodeName: string,
  loaded: Pick<LoadedConfig, 'config' | 'setFields'>,
): EventNote[] {
  const aboutNode = {
    regarding: { kind: 'Node', namespace: '', name: nodeName },
    action: 'StartKubeProxy',
  } as const;
  const starting = { ...aboutNode, type: 'Normal', reason: 'Starting', note: '' } as const;
  const note = defaultedModeWarning(loaded);
  return note ? [starting, { ...aboutNode, type: 'Warning', reason: 'ProxyModeNotSet', note }] : [starting];
}

/** undefined: the operator has chosen a mode. kube-proxy warns from 1.37 on (KEP-5343, kubernetes PR 139957). */
export function defaultedModeWarning({
  config,
  setFields,
}: Pick<LoadedConfig, 'config' | 'setFields'>): string | undefined {
  if (setFields.has('mode')) return undefined;
  return `mode is not set, using ${config.mode}: set it, because kube-proxy 1.40 is to use nftables where it is not set`;
}
