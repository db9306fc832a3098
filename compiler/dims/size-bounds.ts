import { fraction } from "./fraction.ts";
import type { OrientedFacts } from "./oriented-facts.ts";
import type { Atom, Size, Term } from "./size.ts";
import { divideTerms, type SizeStore } from "./size-store.ts";

/**
 * Whether a size is provably at least `least`. Every term must have a sign that is known; facts
 * `a <= b` are added where they take a negative term away.
 */
export function isAtLeast(
  store: SizeStore,
  size: Size,
  least: number,
  facts: OrientedFacts,
): boolean {
  return isNotNegative(store, store.subtract(size, store.constant(least)), facts, 3);
}

function isNotNegative(store: SizeStore, size: Size, facts: OrientedFacts, depth: number): boolean {
  const shifted = fromLeast(store, size);
  const negative = shifted.terms.find((term) => term.numerator < 0n);
  if (negative === undefined) {
    return shifted.terms.every((term) => term.factors.every((f) => hasSign(store, f.atom, facts)));
  }
  if (depth === 0) return false;
  return facts.notNegative.some((fact) =>
    fact.terms.some((part) => {
      if (part.numerator > 0n) return false;
      const ratio = divideTerms(negative, part);
      if (ratio.factors.length > 0) return false;
      const remaining = store.subtract(size, store.scale(fact, ratio));
      return isNotNegative(store, remaining, facts, depth - 1);
    }),
  );
}

/** Writes each variable as its least value plus what it has beyond, which is not negative. */
function fromLeast(store: SizeStore, size: Size): Size {
  return size.terms.reduce((sum, term) => store.add(sum, shiftTerm(store, term)), store.zero);
}

function shiftTerm(store: SizeStore, term: Term): Size {
  return term.factors.reduce(
    (product, { atom, power }) => {
      const least = leastOf(atom);
      const base =
        power > 0 && least !== undefined && least > 0
          ? store.add(store.ofAtom(atom), store.constant(least))
          : store.ofAtom(atom);
      return store.multiply(product, store.raise(base, power));
    },
    store.rational(fraction(term.numerator, term.denominator)),
  );
}

function leastOf(atom: Atom): number | undefined {
  return atom.kind === "variable" ? atom.least : undefined;
}

/** Whether the quantity, or what it has beyond its least value, is never negative. */
function hasSign(store: SizeStore, atom: Atom, facts: OrientedFacts): boolean {
  if (atom.kind === "variable") {
    if (atom.least !== undefined && atom.least >= 0) return true;
    return facts.notNegative.some((fact) => fact === store.ofAtom(atom) || isAbove(fact, atom));
  }
  const isPositive = (side: Size): boolean => isAtLeast(store, side, 0, facts);
  switch (atom.op) {
    case "%":
      return isPositive(atom.right);
    case "max":
      return isPositive(atom.left) || isPositive(atom.right);
    default:
      return isPositive(atom.left) && isPositive(atom.right);
  }
}

/** `atom - c` is not negative for a `c` of at least 0. */
function isAbove(fact: Size, atom: Atom): boolean {
  const [lead, last, ...more] = fact.terms;
  return (
    more.length === 0 &&
    lead?.factors.length === 1 &&
    lead.factors[0]?.atom === atom &&
    lead.factors[0].power === 1 &&
    lead.numerator > 0n &&
    last !== undefined &&
    last.factors.length === 0 &&
    last.numerator < 0n
  );
}
