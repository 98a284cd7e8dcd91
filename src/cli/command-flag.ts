// A flag as the help and the parser need it.

export interface CommandFlag {
  /** Without dashes. */
  readonly name: string;
  readonly short?: string;
  /** What the help calls the value; a `bool` needs none. */
  readonly type: string;
  readonly doc: string;
}
