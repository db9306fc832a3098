import { quotientOf } from "./divide-size.ts";
import { fraction } from "./fraction.ts";
import { comparePositiveParts, positivePart } from "./monomial.ts";
import { nothingKnown, type OrientedFacts } from "./oriented-facts.ts";
import { replaceAtoms, rewrite } from "./rewrite-size.ts";
import type { Atom, Fact, Factor, Size, Term, VariableAtom } from "./size.ts";
import { raiseTerm, type SizeStore } from "./size-store.ts";

/**
 * Facts in the form in which they are used. An equality that determines a variable solves it; any
 * other becomes a rule from its largest monomial to the rest; `a % b == 0` says that `a / b` is
 * whole. Facts are taken in the order in which they were stated.
 */
export function orientFacts(store: SizeStore, facts: readonly Fact[]): OrientedFacts {
  return facts.reduce((known, fact) => addFact(store, known, fact), nothingKnown);
}

function addFact(store: SizeStore, known: OrientedFacts, fact: Fact): OrientedFacts {
  const left = rewrite(store, fact.left, known);
  const right = rewrite(store, fact.right, known);
  if (fact.kind === "less") {
    const gap = store.subtract(right, left);
    const bound = fact.strict ? store.subtract(gap, store.one) : gap;
    return { ...known, notNegative: [...known.notNegative, bound] };
  }
  const difference = store.subtract(left, right);
  if (difference.terms.every((term) => term.factors.length === 0)) return known;
  const withWhole = { ...known, whole: [...known.whole, ...wholeQuotients(store, difference)] };
  const solution = solve(store, difference);
  if (solution === undefined) return addRule(store, withWhole, difference);
  return addSolution(store, withWhole, solution);
}

/**
 * From `(a % b) + rest == 0`: `(a + rest) / b` is whole. In `c * (a % b) == 0` the `c` was common to
 * both sides of the `%`, where it is no 0.
 */
function wholeQuotients(store: SizeStore, difference: Size): readonly Size[] {
  const isOnly = difference.terms.length === 1;
  return difference.terms.flatMap((term) => {
    const remainders = term.factors.filter(isRemainder);
    const [found, ...more] = remainders;
    if (found === undefined || more.length > 0 || found.power !== 1) return [];
    if (term.factors.length > 1 && !isOnly) return [];
    const { atom } = found;
    if (atom.kind !== "operation") return [];
    if (isOnly) return [quotientOf(store, atom.left, atom.right)];
    const scaled = store.scale(difference, raiseTerm({ ...term, factors: [] }, -1));
    const rest = store.subtract(scaled, store.ofAtom(atom));
    return [quotientOf(store, store.add(atom.left, rest), atom.right)];
  });
}

function isRemainder({ atom }: Factor): boolean {
  return atom.kind === "operation" && atom.op === "%";
}

interface Solution {
  readonly variable: VariableAtom;
  readonly value: Size;
}

/**
 * The variable that the equality determines: best one whose value is a plain polynomial, and of
 * these the last by name, so that earlier names stay.
 */
function solve(store: SizeStore, difference: Size): Solution | undefined {
  const solutions = difference.terms.flatMap((term) =>
    term.factors.flatMap((factor) => solveFor(store, difference, term, factor.atom, factor.power)),
  );
  const plain = solutions.filter(({ value }) =>
    value.terms.every((term) => term.denominator === 1n && term.factors.every((f) => f.power > 0)),
  );
  const choices = plain.length > 0 ? plain : solutions;
  return choices.reduce<Solution | undefined>(
    (best, next) => (best === undefined || isLater(next.variable, best.variable) ? next : best),
    undefined,
  );
}

function solveFor(
  store: SizeStore,
  difference: Size,
  term: Term,
  atom: Atom,
  power: number,
): readonly Solution[] {
  if (atom.kind !== "variable" || power !== 1) return [];
  const others = difference.terms.filter((other) => other !== term);
  const cofactor = { ...term, factors: term.factors.filter((factor) => factor.atom !== atom) };
  if ([cofactor, ...others].some((other) => mentions(other, atom))) return [];
  // Of a product that is 0, nobody knows which factor is.
  if (others.length === 0 && cofactor.factors.length > 0) return [];
  const rest = store.scale(store.fromTerms(others), fraction(-1n));
  const value = store.multiply(rest, store.fromTerms([raiseTerm(cofactor, -1)]));
  return [{ variable: atom, value }];
}

function isLater(a: VariableAtom, b: VariableAtom): boolean {
  return a.name === b.name ? a.id > b.id : a.name > b.name;
}

function mentions(term: Term, atom: Atom): boolean {
  return term.factors.some(
    (factor) =>
      factor.atom === atom ||
      (factor.atom.kind === "operation" &&
        [factor.atom.left, factor.atom.right].some((side) =>
          side.terms.some((inside) => mentions(inside, atom)),
        )),
  );
}

/** What is known of the variable holds of its value. */
function addSolution(store: SizeStore, known: OrientedFacts, solution: Solution): OrientedFacts {
  const { variable, value } = solution;
  const one = new Map([[variable, value]]);
  const replace = (size: Size): Size => replaceAtoms(store, size, one);
  const bound =
    variable.least === undefined ? [] : [store.subtract(value, store.constant(variable.least))];
  const solved = new Map([...known.solved].map(([other, of]) => [other, replace(of)]));
  solved.set(variable, value);
  const next: OrientedFacts = {
    solved,
    rules: [],
    whole: [...known.whole.map(replace), value],
    notNegative: [...known.notNegative.map(replace), ...bound],
  };
  return known.rules.reduce((soFar, rule) => {
    const lead = store.fromTerms([{ ...fraction(1n), factors: rule.lead }]);
    return addRule(store, soFar, replace(store.subtract(lead, rule.rest)));
  }, next);
}

function addRule(store: SizeStore, known: OrientedFacts, difference: Size): OrientedFacts {
  const cleared = clearReciprocals(store, difference);
  const [first, ...more] = cleared.terms;
  if (first === undefined) return known;
  const lead = more.reduce(
    (best, term) => (comparePositiveParts(term.factors, best.factors) > 0 ? term : best),
    first,
  );
  if (lead.factors.length === 0) return known;
  const rest = store.fromTerms(cleared.terms.filter((term) => term !== lead));
  const unit = raiseTerm({ ...lead, factors: [] }, -1);
  const scaled = store.scale(rest, { ...unit, numerator: -unit.numerator });
  return { ...known, rules: [...known.rules, { lead: lead.factors, rest: scaled }] };
}

/** Multiplies by what stands below the line, so that the largest monomial is a plain product. */
function clearReciprocals(store: SizeStore, size: Size): Size {
  const content = store.contentOf([size, store.one]);
  const below = content.factors.filter(({ power }) => power < 0);
  if (below.length === 0) return size;
  const positive = positivePart(below.map(({ atom, power }) => ({ atom, power: -power })));
  return store.multiply(size, store.fromTerms([{ ...fraction(1n), factors: positive }]));
}
