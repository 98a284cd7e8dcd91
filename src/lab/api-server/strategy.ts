// What a kind does to its objects before they are stored: the part of kube-apiserver's rest strategies that shows outside.
import type { ApiObject, Draft } from './objects.ts';
import type { StatusCause } from './status-error.ts';

/** The part of an object beside kind, apiVersion and metadata. */
export type Body = Readonly<Record<string, unknown>>;

export interface Strategy {
  /**
   * Fills in what the client left out and puts back what it may not set. `previous` is undefined for a new object. Throws
   * StatusError 400 for values of the wrong type.
   */
  readonly complete: (draft: Draft, previous: ApiObject | undefined) => Body;
  /** The field errors of a completed object. */
  readonly validate: (object: ApiObject, previous: ApiObject | undefined) => readonly StatusCause[];
  /** Takes from the cluster what the object needs for itself alone, such as addresses. Throws StatusError. */
  readonly allocate?: (object: ApiObject, previous: ApiObject | undefined) => ApiObject;
  /** Completes and checks what a client has written to the status. Throws StatusError. */
  readonly status?: (given: unknown, object: ApiObject) => unknown;
  /** For kinds that count their generations. */
  readonly hasNewGeneration?: (object: ApiObject, previous: ApiObject) => boolean;
}

/** The body of a draft as it is. */
export function bodyOf(draft: Draft): Body {
  const { kind: _kind, apiVersion: _apiVersion, metadata: _metadata, ...body } = draft;
  return body;
}
