import type { Atom, Factor, Size, Term } from "./size.ts";

/**
 * The one order of monomials: by degree of what is above the line, then by name, then by what is
 * below the line. What stands inside an operation always comes before the operation, which is why
 * rewriting from larger to smaller ends.
 */
export function compareMonomials(a: readonly Factor[], b: readonly Factor[]): number {
  return comparePositiveParts(a, b) || compareByName(a, b);
}

/** The order without what is below the line; 0 for monomials that differ only there. */
export function comparePositiveParts(a: readonly Factor[], b: readonly Factor[]): number {
  const [above, under] = [positivePart(a), positivePart(b)];
  return degreeOf(above) - degreeOf(under) || compareByName(above, under);
}

export function positivePart(factors: readonly Factor[]): readonly Factor[] {
  return factors.filter(({ power }) => power > 0);
}

function compareByName(a: readonly Factor[], b: readonly Factor[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [left, right] = [a[i], b[i]];
    if (left === undefined || right === undefined) {
      return left === undefined ? -Math.sign(right?.power ?? 0) : Math.sign(left.power);
    }
    const order = compareAtoms(left.atom, right.atom);
    if (order !== 0) return order < 0 ? Math.sign(left.power) : -Math.sign(right.power);
    if (left.power !== right.power) return left.power - right.power;
  }
  return 0;
}

function degreeOf(factors: readonly Factor[]): number {
  return factors.reduce((sum, { atom, power }) => sum + power * weightOf(atom), 0);
}

function weightOf(atom: Atom): number {
  return atom.kind === "variable" ? 1 : atom.weight;
}

/** The weight of an operation: more than its sides together. */
export function weightOfOperation(left: Size, right: Size): number {
  return 1 + degreeOfSize(left) + degreeOfSize(right);
}

function degreeOfSize(size: Size): number {
  return size.terms.reduce(
    (most, term) =>
      Math.max(
        most,
        term.factors.reduce((sum, f) => sum + Math.abs(f.power) * weightOf(f.atom), 0),
      ),
    0,
  );
}

function compareAtoms(a: Atom, b: Atom): number {
  if (a === b) return 0;
  const weights = weightOf(a) - weightOf(b);
  if (weights !== 0) return weights;
  if (a.kind === "variable" && b.kind === "variable")
    return compareText(a.name, b.name) || a.id - b.id;
  if (a.kind === "variable") return -1;
  if (b.kind === "variable") return 1;
  return (
    compareText(a.op, b.op) ||
    compareSizes(a.left, b.left) ||
    compareSizes(a.right, b.right) ||
    a.id - b.id
  );
}

function compareSizes(a: Size, b: Size): number {
  if (a === b) return 0;
  for (let i = 0; i < Math.max(a.terms.length, b.terms.length); i++) {
    const [left, right] = [a.terms[i], b.terms[i]];
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const order = compareMonomials(left.factors, right.factors);
    if (order !== 0) return order;
  }
  return compareText(a.key, b.key);
}

/** By code units: the order must not depend on the machine's language. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function multiplyMonomials(a: readonly Factor[], b: readonly Factor[]): readonly Factor[] {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const powers = new Map<Atom, number>();
  for (const { atom, power } of [...a, ...b]) powers.set(atom, (powers.get(atom) ?? 0) + power);
  return monomialOf(powers);
}

export function monomialOf(powers: ReadonlyMap<Atom, number>): readonly Factor[] {
  return [...powers]
    .filter(([, power]) => power !== 0)
    .map(([atom, power]) => ({ atom, power }))
    .sort((x, y) => compareAtoms(x.atom, y.atom));
}

export function raiseMonomial(factors: readonly Factor[], exponent: number): readonly Factor[] {
  return factors.map(({ atom, power }) => ({ atom, power: power * exponent }));
}

export function keyOfMonomial(factors: readonly Factor[]): string {
  return factors
    .map(({ atom, power }) => (power === 1 ? `${atom.id}` : `${atom.id}^${power}`))
    .join(".");
}

export function keyOfTerm(term: Term): string {
  const coefficient =
    term.denominator === 1n ? `${term.numerator}` : `${term.numerator}/${term.denominator}`;
  return term.factors.length === 0 ? coefficient : `${coefficient}*${keyOfMonomial(term.factors)}`;
}
