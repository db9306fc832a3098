import { invariant } from "../diagnostics/internal-error.ts";
import {
  addFractions,
  commonFraction,
  divideFractions,
  type Fraction,
  fraction,
  multiplyFractions,
  powerOfFraction,
} from "./fraction.ts";
import {
  compareMonomials,
  keyOfMonomial,
  keyOfTerm,
  monomialOf,
  multiplyMonomials,
  raiseMonomial,
  weightOfOperation,
} from "./monomial.ts";
import type { Atom, Factor, OperationAtom, Size, SizeOperation, Term } from "./size.ts";

/** Interns sizes and atoms, and does the arithmetic of polynomials. Knows no facts. */
export class SizeStore {
  readonly #sizes = new Map<string, Size>();
  readonly #operations = new Map<string, OperationAtom>();
  readonly #constants = new Map<number, Size>();
  #nextAtom = 0;
  readonly zero: Size = this.fromTerms([]);
  readonly one: Size = this.constant(1);

  constant(value: number): Size {
    const known = this.#constants.get(value);
    if (known !== undefined) return known;
    invariant(Number.isSafeInteger(value), `a size is a whole number, not ${value}`);
    const made = this.rational(fraction(BigInt(value)));
    this.#constants.set(value, made);
    return made;
  }

  rational(value: Fraction): Size {
    return this.fromTerms([{ ...value, factors: [] }]);
  }

  variable(name: string, least: number | undefined): Size {
    return this.ofAtom({ kind: "variable", id: this.#nextAtom++, name, least });
  }

  /** The operation as it stands; its sides must be as simple as they can be made. */
  operation(op: SizeOperation, left: Size, right: Size): Size {
    const key = `${op}|${left.key}|${right.key}`;
    const known = this.#operations.get(key);
    if (known !== undefined) return this.ofAtom(known);
    const weight = weightOfOperation(left, right);
    const atom: Atom = { kind: "operation", id: this.#nextAtom++, op, left, right, weight };
    this.#operations.set(key, atom);
    return this.ofAtom(atom);
  }

  ofAtom(atom: Atom): Size {
    return this.fromTerms([{ numerator: 1n, denominator: 1n, factors: [{ atom, power: 1 }] }]);
  }

  /** Adds up, orders and interns. */
  fromTerms(terms: readonly Term[]): Size {
    const merged = terms.length < 2 ? terms.filter((term) => term.numerator !== 0n) : merge(terms);
    const key = merged.length === 0 ? "0" : merged.map(keyOfTerm).join("+");
    const known = this.#sizes.get(key);
    if (known !== undefined) return known;
    const made: Size = { key, terms: merged };
    this.#sizes.set(key, made);
    return made;
  }

  add(a: Size, b: Size): Size {
    return this.fromTerms([...a.terms, ...b.terms]);
  }

  subtract(a: Size, b: Size): Size {
    return a === b ? this.zero : this.add(a, this.scale(b, fraction(-1n)));
  }

  scale(size: Size, by: Fraction): Size {
    return this.fromTerms(
      size.terms.map((term) => ({ ...multiplyFractions(term, by), factors: term.factors })),
    );
  }

  multiply(a: Size, b: Size): Size {
    if (a === this.one) return b;
    if (b === this.one) return a;
    return this.cancelReciprocals(
      this.fromTerms(a.terms.flatMap((x) => b.terms.map((y) => multiplyTerms(x, y)))),
    );
  }

  /** `exponent` is a whole number; below 0 the result has reciprocals. */
  raise(base: Size, exponent: number): Size {
    const single = base.terms.length === 1 ? base.terms[0] : undefined;
    if (single !== undefined)
      return this.cancelReciprocals(this.fromTerms([raiseTerm(single, exponent)]));
    if (exponent < 0) return this.raise(this.reciprocal(base), -exponent);
    let result = this.one;
    for (let i = 0; i < exponent; i++) result = this.multiply(result, base);
    return result;
  }

  /** `1 / size`; an operation where `size` is a sum or 0. */
  reciprocal(size: Size): Size {
    if (size.terms.length === 1) return this.raise(size, -1);
    if (size.terms.length === 0) return this.operation("/", this.one, this.zero);
    const content = this.contentOf([size]);
    const inverse = this.fromTerms([raiseTerm(content, -1)]);
    const primitive = this.multiply(size, inverse);
    return this.multiply(inverse, this.operation("/", this.one, primitive));
  }

  /** What all terms of all sizes have in common, with the sign of the last one's first term. */
  contentOf(sizes: readonly Size[]): Term {
    const terms = sizes.flatMap((size) => size.terms);
    const [first, ...rest] = terms;
    invariant(first !== undefined, "zero has no content");
    let coefficient: Fraction = fraction(first.numerator, first.denominator);
    let powers = new Map(first.factors.map(({ atom, power }) => [atom, power]));
    for (const term of rest) {
      coefficient = commonFraction(coefficient, term);
      const those = new Map(term.factors.map(({ atom, power }) => [atom, power]));
      const atoms = new Set([...powers.keys(), ...those.keys()]);
      powers = new Map(
        [...atoms].map((atom) => [atom, Math.min(powers.get(atom) ?? 0, those.get(atom) ?? 0)]),
      );
    }
    const sign = (sizes.at(-1)?.terms[0]?.numerator ?? 1n) < 0n ? -1n : 1n;
    const magnitude = coefficient.numerator < 0n ? -coefficient.numerator : coefficient.numerator;
    return {
      numerator: sign * magnitude,
      denominator: coefficient.denominator,
      factors: monomialOf(powers),
    };
  }

  /** `a * (1 / (a + b))` is `1 - b * (1 / (a + b))`: one form for each fraction over a sum. */
  cancelReciprocals(size: Size): Size {
    for (const term of size.terms) {
      for (const { atom, power } of term.factors) {
        if (atom.kind !== "operation" || atom.op !== "/") continue;
        if (power < 0) return this.cancelReciprocals(this.#turnOver(size, term, atom));
        const lead = atom.right.terms[0];
        if (lead === undefined || !contains(term.factors, lead.factors)) continue;
        const remaining = multiplyTerms(term, raiseTerm(lead, -1));
        const tail = this.subtract(atom.right, this.fromTerms([lead]));
        const inside = this.multiply(tail, this.ofAtom(atom));
        const others = this.fromTerms(size.terms.filter((other) => other !== term));
        const unit = multiplyTerms(remaining, raiseTerm(termOf(atom), -1));
        const replaced = this.multiply(this.fromTerms([unit]), this.subtract(this.one, inside));
        return this.cancelReciprocals(this.add(others, replaced));
      }
    }
    return size;
  }

  /** A reciprocal below the line is the sum itself. */
  #turnOver(size: Size, term: Term, atom: OperationAtom): Size {
    const power = term.factors.find((factor) => factor.atom === atom)?.power ?? 0;
    const rest = { ...term, factors: term.factors.filter((factor) => factor.atom !== atom) };
    const others = this.fromTerms(size.terms.filter((other) => other !== term));
    return this.add(others, this.multiply(this.fromTerms([rest]), this.raise(atom.right, -power)));
  }
}

function multiplyTerms(a: Term, b: Term): Term {
  return { ...multiplyFractions(a, b), factors: multiplyMonomials(a.factors, b.factors) };
}

export function divideTerms(a: Term, b: Term): Term {
  return {
    ...divideFractions(a, b),
    factors: multiplyMonomials(a.factors, raiseMonomial(b.factors, -1)),
  };
}

export function raiseTerm(term: Term, exponent: number): Term {
  if (exponent === 0) return { numerator: 1n, denominator: 1n, factors: [] };
  return { ...powerOfFraction(term, exponent), factors: raiseMonomial(term.factors, exponent) };
}

/** Whether the positive part of `factors` has all of `wanted`. */
export function contains(factors: readonly Factor[], wanted: readonly Factor[]): boolean {
  return wanted.every(({ atom, power }) =>
    factors.some((factor) => factor.atom === atom && factor.power >= power),
  );
}

function termOf(atom: Atom): Term {
  return { numerator: 1n, denominator: 1n, factors: [{ atom, power: 1 }] };
}

function merge(terms: readonly Term[]): readonly Term[] {
  const byMonomial = new Map<string, Term>();
  for (const term of terms) {
    const key = keyOfMonomial(term.factors);
    const known = byMonomial.get(key);
    byMonomial.set(key, known === undefined ? term : { ...known, ...addFractions(known, term) });
  }
  return [...byMonomial.values()]
    .filter((term) => term.numerator !== 0n)
    .sort((a, b) => compareMonomials(b.factors, a.factors));
}
