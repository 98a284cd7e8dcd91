// One line of the table: what was measured, what was aimed at, and whether it was reached.

export type Unit = 'ratio' | 'ms' | 's' | 'MiB' | '%';

/** undefined: reported without a goal. */
export interface Goal {
  readonly atMost?: number | undefined;
  readonly atLeast?: number | undefined;
}

export interface Figure extends Goal {
  readonly what: string;
  readonly measured: number;
  readonly unit: Unit;
  /** What the number was made of, for those who want to check it. */
  readonly detail: string;
}

export type Verdict = 'met' | 'MISSED' | '';

export function verdictOf({ atMost, atLeast, measured }: Figure): Verdict {
  if (atMost === undefined && atLeast === undefined) return '';
  const isMet = measured <= (atMost ?? Infinity) && measured >= (atLeast ?? -Infinity);
  return isMet ? 'met' : 'MISSED';
}

export function quantityText(value: number, unit: Unit): string {
  if (unit === 'ratio') return value.toFixed(value >= 100 ? 0 : 2);
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}
