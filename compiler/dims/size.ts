/**
 * A size in normal form: a polynomial with rational coefficients over atoms (language page, section 11).
 * Powers may be negative, so that `D / Heads * Heads` is `D` by construction. Sizes are made by a
 * `SizeTable` only, which interns them: equal sizes of one table are `===`.
 */
export interface Size {
  /** Canonical text, unique within the table. */
  readonly key: string;
  /** In one order: highest degree first, then by name. */
  readonly terms: readonly Term[];
}

/** `coefficient * product of factors`. Coefficients are exact rationals in lowest terms. */
export interface Term {
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly factors: readonly Factor[];
}

export interface Factor {
  readonly atom: Atom;
  /** Never 0. */
  readonly power: number;
}

/** An irreducible quantity: the size of an axis, a setting, or an operation that does not reduce. */
export type Atom = VariableAtom | OperationAtom;

export interface VariableAtom {
  readonly kind: "variable";
  readonly id: number;
  readonly name: string;
  /** A number that the quantity is never below, where one is known. */
  readonly least: number | undefined;
}

export interface OperationAtom {
  readonly kind: "operation";
  readonly id: number;
  /** `/` is the reciprocal of a sum: its left side is 1. */
  readonly op: SizeOperation;
  readonly left: Size;
  readonly right: Size;
  /** More than the degree of either side, so that what is inside always comes before. */
  readonly weight: number;
}

export type SizeOperation = "div" | "%" | "/" | "min" | "max" | "^";

/** What a `where` states. Facts are oriented once (section 11, rule 3). */
export type Fact =
  | { readonly kind: "equal"; readonly left: Size; readonly right: Size }
  | { readonly kind: "less"; readonly left: Size; readonly right: Size; readonly strict: boolean };

/** Names and values with which two sizes differ. */
export interface CounterExample {
  readonly values: ReadonlyMap<string, number>;
  readonly left: number;
  readonly right: number;
}

export type Comparison =
  | { readonly kind: "equal" }
  | { readonly kind: "different"; readonly example: CounterExample }
  | { readonly kind: "unknown" };

/** Whether a fact follows from others. */
export type Decision =
  | { readonly kind: "holds" }
  | { readonly kind: "fails"; readonly example: CounterExample }
  | { readonly kind: "unknown" };
