import { invariant } from "../diagnostics/internal-error.ts";
import { applyOperation } from "./apply-operation.ts";
import { findCounterExample, isSame, variablesOf } from "./counter-example.ts";
import { divideExactly, quotientOf } from "./divide-size.ts";
import { evaluateSize, isBelow } from "./evaluate-size.ts";
import { type Facts, noFacts } from "./facts.ts";
import { formatSize } from "./format-size.ts";
import { orientFacts } from "./orient-facts.ts";
import type { OrientedFacts } from "./oriented-facts.ts";
import { replaceAtoms, rewrite } from "./rewrite-size.ts";
import type { Comparison, Decision, Fact, Size, SizeOperation, VariableAtom } from "./size.ts";
import { isAtLeast } from "./size-bounds.ts";
import { SizeStore } from "./size-store.ts";

/** Makes and interns sizes, and answers questions about them under facts. */
export class SizeTable {
  readonly #store = new SizeStore();
  readonly #oriented = new WeakMap<Facts, OrientedFacts>();

  constant(value: number): Size {
    return this.#store.constant(value);
  }
  /**
   * A new unknown: the size of a formal or free axis, a setting. `least` is a number that it is
   * never below: 0 for an axis; left out for a setting, of which nothing is known.
   */
  variable(name: string, least?: number): Size {
    return this.#store.variable(name, least);
  }
  add(a: Size, b: Size): Size {
    return this.#store.add(a, b);
  }
  subtract(a: Size, b: Size): Size {
    return this.#store.subtract(a, b);
  }
  multiply(a: Size, b: Size): Size {
    return this.#store.multiply(a, b);
  }
  /** Exact; undefined where it is not provable under `facts`. */
  divide(a: Size, b: Size, facts: Facts): Size | undefined {
    const [known, x, y] = this.#under(a, b, facts);
    return divideExactly(this.#store, x, y, known);
  }
  /** `a / b` as if it were exact: what `divide` would give if the missing fact were stated. */
  quotient(a: Size, b: Size): Size {
    return quotientOf(this.#store, a, b);
  }
  floorDivide(a: Size, b: Size, facts: Facts): Size {
    return this.#apply("div", a, b, facts);
  }
  modulo(a: Size, b: Size, facts: Facts): Size {
    return this.#apply("%", a, b, facts);
  }
  min(a: Size, b: Size, facts: Facts = noFacts): Size {
    return this.#apply("min", a, b, facts);
  }
  max(a: Size, b: Size, facts: Facts = noFacts): Size {
    return this.#apply("max", a, b, facts);
  }
  power(a: Size, b: Size): Size {
    return this.#apply("^", a, b, noFacts);
  }
  /** The number, where it is one. */
  valueOf(size: Size): number | undefined {
    const [only, ...more] = size.terms;
    if (only === undefined) return 0;
    if (more.length > 0 || only.factors.length > 0) return undefined;
    return Number(only.numerator) / Number(only.denominator);
  }
  compare(a: Size, b: Size, facts: Facts): Comparison {
    if (a === b || this.normalise(this.subtract(a, b), facts) === this.#store.zero) {
      return { kind: "equal" };
    }
    const example = findCounterExample(a, b, facts.all, (x, y) => !isSame(x, y));
    return example === undefined ? { kind: "unknown" } : { kind: "different", example };
  }
  /** Whether `fact` follows from `facts`. */
  decide(fact: Fact, facts: Facts): Decision {
    if (fact.kind === "equal") {
      const found = this.compare(fact.left, fact.right, facts);
      if (found.kind === "equal") return { kind: "holds" };
      return found.kind === "different" ? { kind: "fails", example: found.example } : found;
    }
    const { left, right, strict } = fact;
    if (this.isAtLeast(this.subtract(right, left), strict ? 1 : 0, facts)) return { kind: "holds" };
    const example = findCounterExample(left, right, facts.all, (x, y) =>
      strict ? !isBelow(x, y) : isBelow(y, x),
    );
    return example === undefined ? { kind: "unknown" } : { kind: "fails", example };
  }
  /** Whether the size is provably `least` or more. */
  isAtLeast(size: Size, least: number, facts: Facts): boolean {
    const known = this.#orient(facts);
    return isAtLeast(this.#store, rewrite(this.#store, size, known), least, known);
  }
  /** Rewrites with the facts until nothing changes. */
  normalise(size: Size, facts: Facts): Size {
    return rewrite(this.#store, size, this.#orient(facts));
  }
  /** Replaces variables by other sizes. */
  substitute(size: Size, values: ReadonlyMap<Size, Size>, facts: Facts = noFacts): Size {
    const byAtom = new Map<VariableAtom, Size>();
    for (const [variable, value] of values) byAtom.set(atomOf(variable), value);
    return replaceAtoms(this.#store, size, byAtom, this.#orient(facts));
  }
  /** The number for these values of all variables; undefined where it is none, or not whole. */
  evaluate(size: Size, values: ReadonlyMap<Size, number>): number | undefined {
    const byAtom = new Map<VariableAtom, bigint>();
    for (const [variable, value] of values) byAtom.set(atomOf(variable), BigInt(value));
    const found = evaluateSize(size, byAtom);
    return found?.denominator === 1n ? Number(found.numerator) : undefined;
  }
  /** The unknowns in it, each as a size. */
  variablesOf(size: Size): readonly Size[] {
    return variablesOf([size]).map((atom) => this.#store.ofAtom(atom));
  }
  /** For people: `4 * D`, `image div patch`. */
  format(size: Size): string {
    return formatSize(size);
  }

  #apply(op: SizeOperation, a: Size, b: Size, facts: Facts): Size {
    const [known, x, y] = this.#under(a, b, facts);
    return applyOperation(this.#store, op, x, y, known);
  }

  #under(a: Size, b: Size, facts: Facts): readonly [OrientedFacts, Size, Size] {
    const known = this.#orient(facts);
    return [known, rewrite(this.#store, a, known), rewrite(this.#store, b, known)];
  }

  #orient(facts: Facts): OrientedFacts {
    const known = this.#oriented.get(facts);
    if (known !== undefined) return known;
    const made = orientFacts(this.#store, facts.all);
    this.#oriented.set(facts, made);
    return made;
  }
}

function atomOf(variable: Size): VariableAtom {
  const [only, ...more] = variable.terms;
  const factor = only?.factors[0];
  invariant(
    more.length === 0 && only?.factors.length === 1 && factor?.power === 1,
    `${formatSize(variable)} is not one unknown`,
  );
  invariant(factor.atom.kind === "variable", `${formatSize(variable)} is not an unknown`);
  return factor.atom;
}
