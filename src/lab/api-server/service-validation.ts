// Which Services are refused (pkg/apis/core/validation/validation.go, ValidateService).
import type { ApiObject } from './objects.ts';
import type { StatusCause } from './status-error.ts';

export function validateService(
  _service: ApiObject,
  _previous: ApiObject | undefined,
): readonly StatusCause[] {
  return [];
}
