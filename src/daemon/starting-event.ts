// The Event that says on the Node that its service proxy has started, as kube-proxy's does: without a uid and without a note.
import type { EventNote } from '../kube/event-object.ts';

export function startingEvent(nodeName: string): EventNote {
  return {
    regarding: { kind: 'Node', namespace: '', name: nodeName },
    type: 'Normal',
    reason: 'Starting',
    action: 'StartKubeProxy',
    note: '',
  };
}
