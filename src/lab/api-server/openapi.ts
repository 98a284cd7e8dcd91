// OpenAPI, as little as makes kubectl create and apply: it reads these documents to know how a manifest is to be validated.
//
// kubectl before 1.27 validates by itself the kinds that the v2 document defines, and lets the others pass. Later ones ask
// the v3 document of a group whether the server validates fields itself, and fall back to v2 where there is no v3.
import type { Answer } from './answer.ts';

/** The only encoding that kubectl asks for; it asks with an `@`, which no answer may have (RFC 6838). */
const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const INFO = { title: 'Fairlead lab', version: 'v1.36.2' };

/** The document at the path, or undefined if there is none. */
export function openApiDocument(path: string): Answer | undefined {
  return path === '/openapi/v2' ? { code: 200, contentType: V2_PROTOBUF, body: v2Document() } : undefined;
}

/** An openapi.v2.Document without definitions: field 1 is `swagger`, field 2 `info` with `title` and `version`. */
function v2Document(): string {
  return text(1, '2.0') + text(2, text(1, INFO.title) + text(2, INFO.version));
}

/** A length-delimited protobuf field of fewer than 128 ASCII characters. */
function text(field: number, value: string): string {
  return String.fromCharCode((field << 3) | 2, value.length) + value;
}
