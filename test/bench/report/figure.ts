// One line of the table: what was measured, what was aimed at, and whether it was reached.

export type Unit = 'ratio' | 'ms' | 's' | 'MiB' | '%';

export interface Figure {
  readonly what: string;
  /** The goal: not more than this. undefined: reported without a goal. */
  readonly atMost: number | undefined;
  readonly measured: number;
  readonly unit: Unit;
  /** What the number was made of, for those who want to check it. */
  readonly detail: string;
}

export type Verdict = 'met' | 'MISSED' | '';

export function verdictOf({ atMost, measured }: Figure): Verdict {
  if (atMost === undefined) return '';
  return measured <= atMost ? 'met' : 'MISSED';
}

export function quantityText(value: number, unit: Unit): string {
  if (unit === 'ratio') return value.toFixed(2);
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}
