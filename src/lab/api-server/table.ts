// Tables: what a server sends to `kubectl get` in place of objects, so that the columns are the server's choice
// (apiserver, pkg/endpoints/handlers/response.go).
import { columnsOf } from './columns.ts';
import type { ApiObject } from './objects.ts';
import type { Resource } from './resources.ts';

export interface TableOptions {
  readonly resource: Resource;
  /** The version of meta.k8s.io; kubectl before 1.15 asks for v1beta1. */
  readonly version: string;
  readonly includeObject: IncludeObject;
  readonly nowMs: number;
}

/** What comes with each row: nothing, its metadata, or the whole object. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export function toTable(options: TableOptions, objects: readonly ApiObject[], metadata: object): unknown {
  const { resource, version, nowMs } = options;
  const columns = columnsOf(resource.plural);
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: columns.map(({ name, wide }) => ({
      name,
      type: 'string',
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority: wide ? 1 : 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, nowMs)),
      ...rowObject(options, object),
    })),
  };
}

function rowObject({ version, includeObject }: TableOptions, object: ApiObject): object {
  if (includeObject === 'None') return {};
  if (includeObject === 'Object') return { object };
  const { metadata } = object;
  return { object: { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata } };
}
