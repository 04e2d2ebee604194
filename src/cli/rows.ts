/** One record of an input. */
export interface Row {
  /** Where it begins. */
  readonly line: number;
  /** For the library to check; `undefined` where there is a problem. */
  readonly action: unknown;
  readonly problem?: Problem | undefined;
  /** As it stands in the input, for --rejected. */
  readonly record: unknown;
}

/** Why a record cannot be turned into an action. */
export interface Problem {
  /** A column by its name, or a character of the line by its number. */
  column?: number | string | undefined;
  reason: string;
}
