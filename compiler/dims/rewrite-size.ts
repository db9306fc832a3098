import { applyOperation } from "./apply-operation.ts";
import { fraction } from "./fraction.ts";
import { multiplyMonomials, raiseMonomial } from "./monomial.ts";
import { nothingKnown, type OrientedFacts, type RewriteRule } from "./oriented-facts.ts";
import type { Atom, Size, VariableAtom } from "./size.ts";
import { contains, type SizeStore } from "./size-store.ts";

/**
 * Rewrites with the facts until nothing changes. Solved variables go first and never come back;
 * each rule replaces a monomial by smaller ones; so this ends.
 */
export function rewrite(store: SizeStore, size: Size, facts: OrientedFacts): Size {
  if (facts === nothingKnown) return size;
  let current = size;
  for (;;) {
    const replaced = replaceAtoms(store, current, facts.solved, facts);
    const next = facts.rules.reduce((sum, rule) => applyRule(store, sum, rule), replaced);
    if (next === current) return next;
    current = next;
  }
}

/** Replaces variables everywhere, also inside operations, which are made anew. */
export function replaceAtoms(
  store: SizeStore,
  size: Size,
  values: ReadonlyMap<VariableAtom, Size>,
  facts: OrientedFacts = nothingKnown,
): Size {
  const isConstant = size.terms.every((term) => term.factors.length === 0);
  if (isConstant) return size;
  const done = new Map<Atom, Size>();
  const replacementOf = (atom: Atom): Size => {
    const known = done.get(atom);
    if (known !== undefined) return known;
    const made = replaceAtom(store, atom, values, facts);
    done.set(atom, made);
    return made;
  };
  let sum = store.zero;
  for (const term of size.terms) {
    const coefficient = store.rational(fraction(term.numerator, term.denominator));
    const product = term.factors.reduce(
      (soFar, { atom, power }) => store.multiply(soFar, store.raise(replacementOf(atom), power)),
      coefficient,
    );
    sum = store.add(sum, product);
  }
  return store.cancelReciprocals(sum);
}

function replaceAtom(
  store: SizeStore,
  atom: Atom,
  values: ReadonlyMap<VariableAtom, Size>,
  facts: OrientedFacts,
): Size {
  if (atom.kind === "variable") return values.get(atom) ?? store.ofAtom(atom);
  const left = rewriteInside(store, atom.left, values, facts);
  const right = rewriteInside(store, atom.right, values, facts);
  return applyOperation(store, atom.op, left, right, facts);
}

function rewriteInside(
  store: SizeStore,
  size: Size,
  values: ReadonlyMap<VariableAtom, Size>,
  facts: OrientedFacts,
): Size {
  return values === facts.solved
    ? rewrite(store, size, facts)
    : replaceAtoms(store, size, values, facts);
}

function applyRule(store: SizeStore, size: Size, rule: RewriteRule): Size {
  let current = size;
  for (;;) {
    const hit = current.terms.find((term) => contains(term.factors, rule.lead));
    if (hit === undefined) return current;
    const cofactor = {
      ...hit,
      factors: multiplyMonomials(hit.factors, raiseMonomial(rule.lead, -1)),
    };
    const others = store.fromTerms(current.terms.filter((term) => term !== hit));
    current = store.add(others, store.multiply(store.fromTerms([cofactor]), rule.rest));
  }
}
