// Field errors, worded as apimachinery's field.Error words them.
import type { StatusCause } from './status-error.ts';

export function invalidField(field: string, value: unknown, why: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${shown(value)}: ${why}`, field };
}

export function requiredField(field: string, why = ''): StatusCause {
  return { reason: 'FieldValueRequired', message: `Required value${why ? `: ${why}` : ''}`, field };
}

export function duplicateField(field: string, value: unknown): StatusCause {
  return { reason: 'FieldValueDuplicate', message: `Duplicate value: ${shown(value)}`, field };
}

export function forbiddenField(field: string, why: string): StatusCause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field };
}

export function unsupportedField(field: string, value: unknown, supported: readonly string[]): StatusCause {
  const list = supported.map((word) => `"${word}"`).join(', ');
  return {
    reason: 'FieldValueNotSupported',
    message: `Unsupported value: ${shown(value)}: supported values: ${list}`,
    field,
  };
}

function shown(value: unknown): string {
  return JSON.stringify(value ?? null);
}
