import { fraction } from "./fraction.ts";
import type { OrientedFacts } from "./oriented-facts.ts";
import type { Size, Term } from "./size.ts";
import { isAtLeast } from "./size-bounds.ts";
import type { SizeStore } from "./size-store.ts";

/** Powers above this stay operations, so that no text can ask for a polynomial of any length. */
const largestExpandedPower = 16;

export function extremeOf(
  store: SizeStore,
  op: "min" | "max",
  a: Size,
  b: Size,
  facts: OrientedFacts,
): Size {
  const [smaller, larger] = op === "min" ? [a, b] : [b, a];
  if (isAtLeast(store, store.subtract(larger, smaller), 0, facts)) return a;
  if (isAtLeast(store, store.subtract(smaller, larger), 0, facts)) return b;
  const [first, second] = a.key < b.key ? [a, b] : [b, a];
  return store.operation(op, first, second);
}

/** `2 ^ (n + 1)` is `2 * 2 ^ n`, so that equal powers are found equal. */
export function powerOf(store: SizeStore, base: Size, exponent: Size): Size {
  const number = wholeNumberOf(exponent);
  const isConstant = base.terms.every((term) => term.factors.length === 0);
  if (number !== undefined && base !== store.zero) {
    const limit = base.terms.length > 1 ? largestExpandedPower : isConstant ? 1024 : 64;
    if (Math.abs(number) <= limit) return store.raise(base, number);
  }
  if (number !== undefined && base === store.zero && number >= 0) {
    return number === 0 ? store.one : store.zero;
  }
  if (base === store.one) return store.one;
  const isAboveOne = isConstant && (base.terms[0]?.numerator ?? 0n) > 1n;
  if (!isAboveOne || number !== undefined) return store.operation("^", base, exponent);
  return exponent.terms.reduce(
    (product, term) => store.multiply(product, powerOfTerm(store, base, term)),
    store.one,
  );
}

function powerOfTerm(store: SizeStore, base: Size, term: Term): Size {
  if (term.denominator !== 1n) return store.operation("^", base, store.fromTerms([term]));
  const monomial = store.fromTerms([{ ...fraction(1n), factors: term.factors }]);
  const exponent = Number(term.numerator);
  if (Math.abs(exponent) > 1024) return store.operation("^", base, store.fromTerms([term]));
  const single = term.factors.length === 0 ? base : store.operation("^", base, monomial);
  return store.raise(single, exponent);
}

function wholeNumberOf(size: Size): number | undefined {
  const [only, ...more] = size.terms;
  if (only === undefined) return 0;
  const isWhole = more.length === 0 && only.factors.length === 0 && only.denominator === 1n;
  return isWhole ? Number(only.numerator) : undefined;
}
