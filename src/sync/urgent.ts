// Which service ports a new node needs first: pods wait for the API server and for names, and local endpoints for clients.
import { type ObjectKey, objectKey } from '../model/names.ts';
import type { ServicePlan } from '../plan/plan.ts';

const NEEDED_BY_ALL: ReadonlySet<ObjectKey> = new Set([
  objectKey('default', 'kubernetes'),
  objectKey('kube-system', 'kube-dns'),
]);

export function isUrgent({ name, allEndpoints }: ServicePlan, nodeName: string): boolean {
  if (NEEDED_BY_ALL.has(objectKey(name.namespace, name.name))) return true;
  return allEndpoints.some(({ record }) => record.nodeName === nodeName);
}
