// How the values of a field are written: in the file, as a flag, and in what we print. `kinds.ts` has all kinds there are.
import type { GenericSchema } from 'valibot';

export interface Kind<T> {
  /** What help and documentation call it, in the words of kube-proxy's help. */
  readonly type: string;
  /** All values, where there are a few. */
  readonly choices?: readonly string[];
  readonly schema: GenericSchema<unknown, T>;
  /** Completes "must be …": says how to put it right. */
  readonly expected: string;
  /** Values in the file, beside null, that upstream takes for "not set", so that the default applies. */
  readonly isUnset: (raw: unknown) => boolean;
  /**
   * What the file would hold instead of a flag that was given with these texts, in this order. What makes no sense is handed
   * on for the schema to refuse.
   */
  readonly fromTexts: (texts: readonly string[]) => unknown;
  /** As kube-proxy writes it to a file and to /configz. */
  encode(value: T): unknown;
}

/** Unless said otherwise: never unset, the text of the last flag, and encoded as it is. */
export function kind<T>(
  required: Pick<Kind<T>, 'type' | 'choices' | 'schema' | 'expected'>,
  special: Partial<Pick<Kind<T>, 'isUnset' | 'fromTexts' | 'encode'>> = {},
): Kind<T> {
  return {
    isUnset: () => false,
    fromTexts: (texts) => texts.at(-1),
    encode: (value) => value,
    ...required,
    ...special,
  };
}

export function isEmptyText(raw: unknown): boolean {
  return raw === '';
}

/** A Go field that is no pointer: a zero in the file is not set. */
export function unsetWhenZero<T>(of: Kind<T>, isZero: (raw: unknown) => boolean): Kind<T> {
  return { ...of, isUnset: (raw) => of.isUnset(raw) || isZero(raw) };
}
