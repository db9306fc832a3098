import { floorFraction, fraction } from "./fraction.ts";
import type { OrientedFacts } from "./oriented-facts.ts";
import type { OperationAtom, Size, Term } from "./size.ts";
import { isAtLeast } from "./size-bounds.ts";
import { raiseTerm, type SizeStore } from "./size-store.ts";
import { isWhole } from "./whole-size.ts";

/** `a / b` as a fraction, whether it is whole or not. */
export function quotientOf(store: SizeStore, a: Size, b: Size): Size {
  return a === b && b !== store.zero ? store.one : store.multiply(a, store.reciprocal(b));
}

/** `a / b` where it is provably whole. */
export function divideExactly(
  store: SizeStore,
  a: Size,
  b: Size,
  facts: OrientedFacts,
): Size | undefined {
  if (b === store.zero) return undefined;
  const quotient = quotientOf(store, a, b);
  return isWhole(store, quotient, facts) ? quotient : undefined;
}

export function floorDivide(store: SizeStore, a: Size, b: Size, facts: OrientedFacts): Size {
  if (b === store.zero) return store.operation("div", a, b);
  const { whole, remainder, isSmall } = splitQuotient(store, a, b, facts);
  if (isSmall) return whole;
  const nested = flattenNested(store, remainder, b, facts);
  if (nested !== undefined)
    return store.add(whole, floorDivide(store, nested.top, nested.bottom, facts));
  const content = store.fromTerms([raiseTerm(store.contentOf([remainder, b]), -1)]);
  const [top, bottom] = [store.multiply(remainder, content), store.multiply(b, content)];
  return store.add(whole, store.operation("div", top, bottom));
}

export function remainderOf(store: SizeStore, a: Size, b: Size, facts: OrientedFacts): Size {
  if (b === store.zero) return store.operation("%", a, b);
  const { remainder, isSmall } = splitQuotient(store, a, b, facts);
  if (isSmall) return remainder;
  const content = store.contentOf([remainder, b]);
  const inverse = store.fromTerms([raiseTerm(content, -1)]);
  const [top, bottom] = [store.multiply(remainder, inverse), store.multiply(b, inverse)];
  return store.multiply(store.fromTerms([content]), store.operation("%", top, bottom));
}

interface SplitQuotient {
  /** A whole number. */
  readonly whole: Size;
  /** `a - b * whole`. */
  readonly remainder: Size;
  /** The remainder is provably in `0..b`. */
  readonly isSmall: boolean;
}

/** Takes out of `a / b` what is provably whole: `(image + 3) div patch` under `image % patch == 0`. */
function splitQuotient(store: SizeStore, a: Size, b: Size, facts: OrientedFacts): SplitQuotient {
  const quotient = quotientOf(store, a, b);
  if (isWhole(store, quotient, facts))
    return { whole: quotient, remainder: store.zero, isSmall: true };
  let whole = store.zero;
  let remainder = store.zero;
  for (const term of quotient.terms) {
    const part = wholePartOf(store, term, facts);
    whole = store.add(whole, part);
    remainder = store.add(remainder, store.subtract(store.fromTerms([term]), part));
  }
  const taken = store.multiply(remainder, b);
  const isSmall = isBetween(store, taken, b, facts);
  return { whole, remainder: taken, isSmall };
}

function wholePartOf(store: SizeStore, term: Term, facts: OrientedFacts): Size {
  const size = store.fromTerms([term]);
  if (isWhole(store, size, facts)) return size;
  const monomial = store.fromTerms([{ numerator: 1n, denominator: 1n, factors: term.factors }]);
  if (!isWhole(store, monomial, facts)) return store.zero;
  return store.scale(monomial, fraction(floorFraction(term)));
}

function isBetween(store: SizeStore, size: Size, end: Size, facts: OrientedFacts): boolean {
  return isAtLeast(store, size, 0, facts) && isAtLeast(store, store.subtract(end, size), 1, facts);
}

/** `(a div b + w) div c` is `(a + w * b) div (b * c)` for a whole `w` and a number `c` above 0. */
function flattenNested(
  store: SizeStore,
  top: Size,
  bottom: Size,
  facts: OrientedFacts,
): { readonly top: Size; readonly bottom: Size } | undefined {
  const divisor = bottom.terms[0];
  if (divisor === undefined || divisor.factors.length > 0 || divisor.numerator < 0n)
    return undefined;
  if (divisor.denominator !== 1n) return undefined;
  const nested = top.terms.flatMap((term) => floorAtomOf(term) ?? []);
  const [inner] = nested;
  if (inner === undefined || nested.length > 1) return undefined;
  const others = store.fromTerms(top.terms.filter((term) => floorAtomOf(term) === undefined));
  if (!isWhole(store, others, facts)) return undefined;
  return {
    top: store.add(inner.left, store.multiply(others, inner.right)),
    bottom: store.multiply(inner.right, bottom),
  };
}

function floorAtomOf(term: Term): OperationAtom | undefined {
  const [factor, ...more] = term.factors;
  const isAlone = more.length === 0 && factor?.power === 1;
  if (!isAlone || term.numerator !== 1n || term.denominator !== 1n) return undefined;
  return factor.atom.kind === "operation" && factor.atom.op === "div" ? factor.atom : undefined;
}
