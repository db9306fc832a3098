/**
 * A size in normal form: a polynomial with rational coefficients over atoms (language page, section 11).
 * Sizes are made by a `SizeTable` only, which interns them: equal sizes of one table are `===`.
 */
export interface Size {
  /** Canonical text, unique within the table; also the order of monomials. */
  readonly key: string;
  readonly terms: readonly Term[];
}

/** `coefficient * product of factors`. Coefficients are exact rationals in lowest terms. */
export interface Term {
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly factors: readonly { readonly atom: Atom; readonly power: number }[];
}

/** An irreducible quantity: the size of an axis, a setting, or an operation that does not reduce. */
export type Atom =
  | { readonly kind: "variable"; readonly id: number; readonly name: string }
  | { readonly kind: "operation"; readonly id: number; readonly op: "div" | "%" | "/" | "min" | "max" | "^"; readonly left: Size; readonly right: Size };

/** What a `where` states. Facts are oriented once, by degree then name (section 11, rule 3). */
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
