// Holds objects against the schemas that Kubernetes publishes of its API (test/fixtures/openapi), as an API server does that is
// asked for strict validation of fields.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { KubernetesObject } from '@kubernetes/client-node';
import { Ajv, type AnySchemaObject, type ErrorObject } from 'ajv';

interface OpenApi {
  readonly components: { readonly schemas: Readonly<Record<string, AnySchemaObject>> };
}

const FILE = resolve(import.meta.dirname, '../fixtures/openapi/kubernetes-1.36.2.json');
const { schemas } = (JSON.parse(readFileSync(FILE, 'utf8')) as OpenApi).components;

const closedSchemas = Object.fromEntries(
  Object.entries(schemas).map(([name, schema]) => [name, closed(schema)]),
);

// Kubernetes has keywords and formats of its own. What the formats say of numbers, the types say too.
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema({ components: { schemas: closedSchemas } }, 'kubernetes');

/** What is wrong and where; empty when all is well. Throws for kinds whose schema was not recorded. */
export function schemaErrorsOf(object: KubernetesObject): string[] {
  const validate = ajv.getSchema(`kubernetes#/components/schemas/${schemaNameOf(object)}`);
  if (!validate) throw new Error(`no schema of ${object.kind}`);
  return validate(object) ? [] : (validate.errors ?? []).map(errorText);
}

/** Published schemas let unknown fields pass; an API server drops them, or refuses them when asked to. */
function closed(schema: AnySchemaObject): AnySchemaObject {
  return schema['properties'] ? { ...schema, additionalProperties: false } : schema;
}

function schemaNameOf({ apiVersion = '', kind }: KubernetesObject): string | undefined {
  const [version, group = ''] = apiVersion.split('/').reverse();
  const isOfKind = (id: AnySchemaObject) =>
    id['group'] === group && id['version'] === version && id['kind'] === kind;
  return Object.keys(schemas).find((name) =>
    schemas[name]?.['x-kubernetes-group-version-kind']?.some(isOfKind),
  );
}

function errorText({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath} ${message}${'additionalProperty' in params ? `: ${params['additionalProperty']}` : ''}`;
}
