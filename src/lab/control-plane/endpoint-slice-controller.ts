// Stands in for kubelet's reports and the endpoint-slice controller: keeps the EndpointSlices of all Services with a
// selector in step with the pods that it is told of.
import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../api-server/cluster.ts';
import { type ApiObject, type Draft, objectKey } from '../api-server/objects.ts';
import { createObject, deleteObject, updateObject } from '../api-server/registry.ts';
import { endpointSlices, services } from '../api-server/resources.ts';
import {
  CONTROLLER_NAME,
  endpointSlicesFor,
  isSelected,
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
  TRIGGER_TIME_ANNOTATION,
} from './endpoint-slices.ts';
import type { PodState } from './pod-state.ts';

export class EndpointSliceController {
  readonly #cluster: Cluster;
  readonly #pods = new Map<string, PodState>();
  readonly #stopListening: () => void;

  /** Starts with the Services that exist, and follows them until close(). */
  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    for (const service of cluster.store.list(services.bucket)) this.#syncService(service);
    this.#stopListening = cluster.store.onChange(services.bucket, ({ previous, current }) => {
      if (current) this.#syncService(current);
      else if (previous) this.#writeSlices(previous, []);
    });
  }

  /** Adds a pod or changes one. When it returns, the slices are in the store. */
  setPod(pod: PodState): void {
    const before = this.#pods.get(objectKey(pod.namespace, pod.name));
    this.#pods.set(objectKey(pod.namespace, pod.name), pod);
    this.#syncServicesOf(before ? [before, pod] : [pod]);
  }

  /** The pod is being deleted: no longer ready for new connections, but serving what it has. */
  markTerminating(namespace: string, name: string): void {
    const pod = this.#pods.get(objectKey(namespace, name));
    if (pod) this.setPod({ ...pod, isTerminating: true });
  }

  /** The pod is gone. */
  removePod(namespace: string, name: string): void {
    const pod = this.#pods.get(objectKey(namespace, name));
    this.#pods.delete(objectKey(namespace, name));
    if (pod) this.#syncServicesOf([pod]);
  }

  close(): void {
    this.#stopListening();
  }

  #syncServicesOf(pods: readonly PodState[]): void {
    for (const service of this.#cluster.store.list(services.bucket)) {
      if (pods.some((pod) => isSelected(service, pod))) this.#syncService(service);
    }
  }

  #syncService(service: ApiObject): void {
    const pods = [...this.#pods.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#writeSlices(service, endpointSlicesFor(service, pods));
  }

  #writeSlices(service: ApiObject, wanted: readonly Draft[]): void {
    const found = this.#slicesOf(service);
    for (const draft of wanted) this.#writeSlice(draft, found);
    const names = new Set(wanted.map(({ metadata }) => metadata.name));
    for (const { metadata } of found.filter((slice) => !names.has(slice.metadata.name))) {
      deleteObject(this.#cluster, endpointSlices, { namespace: metadata.namespace, name: metadata.name });
    }
  }

  #writeSlice(draft: Draft, found: readonly ApiObject[]): void {
    const { name, namespace } = draft.metadata;
    const existing = found.find(({ metadata }) => metadata.name === name);
    if (existing && isSame(existing, draft)) return;
    const next = this.#withTriggerTime(draft);
    if (!existing) createObject(this.#cluster, endpointSlices, namespace, next);
    else updateObject(this.#cluster, endpointSlices, { namespace, name: existing.metadata.name }, () => next);
  }

  #slicesOf({ metadata }: ApiObject): ApiObject[] {
    return this.#cluster.store
      .list(endpointSlices.bucket)
      .filter(
        (slice) =>
          slice.metadata.namespace === metadata.namespace &&
          slice.metadata.labels?.[SERVICE_NAME_LABEL] === metadata.name &&
          slice.metadata.labels[MANAGED_BY_LABEL] === CONTROLLER_NAME,
      );
  }

  #withTriggerTime(draft: Draft): Draft {
    const time = new Date(this.#cluster.clock.nowMs()).toISOString();
    return { ...draft, metadata: { ...draft.metadata, annotations: { [TRIGGER_TIME_ANNOTATION]: time } } };
  }
}

function isSame(slice: ApiObject, draft: Draft): boolean {
  return (
    isDeepStrictEqual(slice.metadata.labels, draft.metadata.labels) &&
    isDeepStrictEqual(slice['endpoints'], draft['endpoints']) &&
    isDeepStrictEqual(slice['ports'], draft['ports'])
  );
}
