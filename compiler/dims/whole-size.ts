import { compareMonomials } from "./monomial.ts";
import type { OrientedFacts } from "./oriented-facts.ts";
import type { Size, Term } from "./size.ts";
import { divideTerms, type SizeStore } from "./size-store.ts";

/**
 * Whether a size is a whole number for all values that the facts allow. A polynomial with whole
 * coefficients is; what has something below the line needs facts, which are taken off one by one.
 */
export function isWhole(store: SizeStore, size: Size, facts: OrientedFacts, depth = 5): boolean {
  const open = size.terms.filter((term) => !isPlainlyWhole(term));
  const [worst] = open.sort(
    (a, b) => badness(b) - badness(a) || compareMonomials(b.factors, a.factors),
  );
  if (worst === undefined) return true;
  if (depth === 0) return false;
  return facts.whole.some((fact) =>
    fact.terms.some((part) => {
      const ratio = divideTerms(worst, part);
      if (badness(ratio) >= badness(worst)) return false;
      const multiple = store.fromTerms([ratio]);
      if (!isWhole(store, multiple, facts, depth - 1)) return false;
      const remaining = store.subtract(size, store.multiply(multiple, fact));
      return isWhole(store, remaining, facts, depth - 1);
    }),
  );
}

function isPlainlyWhole(term: Term): boolean {
  return badness(term) === 0;
}

/** How much stands below the line. */
function badness(term: Term): number {
  let sum = term.denominator === 1n ? 0 : Number(term.denominator);
  for (const { atom, power } of term.factors) {
    if (power < 0) sum -= power;
    else if (atom.kind === "operation" && atom.op === "/") sum += power;
  }
  return sum;
}
