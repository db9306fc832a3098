import { evaluateSize, isBelow } from "./evaluate-size.ts";
import type { Fraction } from "./fraction.ts";
import type { CounterExample, Fact, Size, VariableAtom } from "./size.ts";

/** Primes first: they make unequal sizes differ soonest and are easy to follow. */
const smallValues = [
  2n,
  3n,
  5n,
  7n,
  11n,
  13n,
  4n,
  6n,
  8n,
  9n,
  10n,
  12n,
  1n,
  16n,
  24n,
  14n,
  32n,
  0n,
];
const mostTrials = 5000;

/** Whether the values show what was asked for. */
type Test = (left: Fraction, right: Fraction) => boolean;

/**
 * Values under which `left` and `right` are whole numbers and fail `holds`, with every fact
 * satisfied. Sizes that are not negative are preferred, because others need another message.
 */
export function findCounterExample(
  left: Size,
  right: Size,
  facts: readonly Fact[],
  fails: Test,
): CounterExample | undefined {
  const related = relatedFacts([left, right], facts);
  const variables = variablesOf([left, right, ...related.flatMap((f) => [f.left, f.right])]);
  let fallback: CounterExample | undefined;
  for (const values of assignments(variables, related)) {
    const [a, b] = [evaluateSize(left, values), evaluateSize(right, values)];
    if (a === undefined || b === undefined || a.denominator !== 1n || b.denominator !== 1n)
      continue;
    if (!fails(a, b)) continue;
    const example = describe(left, right, values, a, b);
    if (a.numerator >= 0n && b.numerator >= 0n) return example;
    fallback ??= example;
  }
  return fallback;
}

/** Facts that share variables with the sizes, and with facts that do. */
function relatedFacts(sizes: readonly Size[], facts: readonly Fact[]): readonly Fact[] {
  const reached = new Set(variablesOf(sizes));
  let related: readonly Fact[] = [];
  for (;;) {
    const next = facts.filter((f) => variablesOf([f.left, f.right]).some((v) => reached.has(v)));
    if (next.length === related.length) return related;
    related = next;
    for (const fact of next) for (const v of variablesOf([fact.left, fact.right])) reached.add(v);
  }
}

export function variablesOf(sizes: readonly Size[]): readonly VariableAtom[] {
  const found = new Set<VariableAtom>();
  const visit = (size: Size): void => {
    for (const term of size.terms) {
      for (const { atom } of term.factors) {
        if (atom.kind === "variable") found.add(atom);
        else {
          visit(atom.left);
          visit(atom.right);
        }
      }
    }
  };
  sizes.forEach(visit);
  return [...found];
}

/** Depth first; each variable starts at another prime, so that the first trial has none twice. */
function* assignments(
  variables: readonly VariableAtom[],
  facts: readonly Fact[],
): Generator<ReadonlyMap<VariableAtom, bigint>> {
  const values = new Map<VariableAtom, bigint>();
  const decidedAt = variables.map((_, position) => {
    const known = new Set(variables.slice(0, position + 1));
    const before = new Set(variables.slice(0, position));
    return facts.filter((fact) => {
      const used = variablesOf([fact.left, fact.right]);
      return used.every((v) => known.has(v)) && !used.every((v) => before.has(v));
    });
  });
  let trials = 0;
  function* assign(position: number): Generator<ReadonlyMap<VariableAtom, bigint>> {
    const variable = variables[position];
    if (variable === undefined) {
      yield values;
      return;
    }
    for (const value of valuesFor(variable, position, values)) {
      if (++trials > mostTrials) return;
      values.set(variable, value);
      if (decidedAt[position]?.every((fact) => isSatisfied(fact, values)) === true) {
        yield* assign(position + 1);
      }
    }
    values.delete(variable);
  }
  yield* assign(0);
}

/** Small values, and products of those that were given, so that divisibility can be met. */
function valuesFor(
  variable: VariableAtom,
  position: number,
  given: ReadonlyMap<VariableAtom, bigint>,
): readonly bigint[] {
  const start = position % 6;
  const rotated = [
    ...smallValues.slice(start, 6),
    ...smallValues.slice(0, start),
    ...smallValues.slice(6),
  ];
  const others = [...given.values()];
  const products = others.flatMap((a, i) => [
    a * 2n,
    a * 3n,
    ...others.slice(i + 1).map((b) => a * b),
  ]);
  const least = BigInt(variable.least ?? 0);
  return [...new Set([...rotated, ...products.slice(0, 12)])].filter((value) => value >= least);
}

function isSatisfied(fact: Fact, values: ReadonlyMap<VariableAtom, bigint>): boolean {
  const [left, right] = [evaluateSize(fact.left, values), evaluateSize(fact.right, values)];
  if (left === undefined || right === undefined) return false;
  if (fact.kind === "equal") return isSame(left, right);
  return fact.strict ? isBelow(left, right) : !isBelow(right, left);
}

export function isSame(a: Fraction, b: Fraction): boolean {
  return a.numerator === b.numerator && a.denominator === b.denominator;
}

function describe(
  left: Size,
  right: Size,
  values: ReadonlyMap<VariableAtom, bigint>,
  a: Fraction,
  b: Fraction,
): CounterExample {
  const named = new Map<string, number>();
  for (const variable of variablesOf([left, right])) {
    let name = variable.name;
    for (let copy = 2; named.has(name); copy++) name = `${variable.name} (${copy})`;
    named.set(name, Number(values.get(variable) ?? 0n));
  }
  return { values: named, left: Number(a.numerator), right: Number(b.numerator) };
}
