import type { Factor, Size, VariableAtom } from "./size.ts";

/** Facts in the form in which they are used; made by `orientFacts`. */
export interface OrientedFacts {
  /** Variables that an equality determines. No right side has a variable that is solved. */
  readonly solved: ReadonlyMap<VariableAtom, Size>;
  /** `lead` is larger than every monomial of `rest`, so that rewriting ends. */
  readonly rules: readonly RewriteRule[];
  /** Quotients that are whole numbers: `D / Heads` where `D % Heads == 0`. */
  readonly whole: readonly Size[];
  /** Sizes that are not negative. */
  readonly notNegative: readonly Size[];
}

export interface RewriteRule {
  readonly lead: readonly Factor[];
  readonly rest: Size;
}

export const nothingKnown: OrientedFacts = {
  solved: new Map(),
  rules: [],
  whole: [],
  notNegative: [],
};
