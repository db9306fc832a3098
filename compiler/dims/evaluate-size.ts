import {
  addFractions,
  type Fraction,
  floorFraction,
  fraction,
  multiplyFractions,
  powerOfFraction,
} from "./fraction.ts";
import type { Atom, OperationAtom, Size, VariableAtom } from "./size.ts";

/** The exact value under these values of the variables; undefined where it has none. */
export function evaluateSize(
  size: Size,
  values: ReadonlyMap<VariableAtom, bigint>,
): Fraction | undefined {
  let sum = fraction(0n);
  for (const term of size.terms) {
    let product: Fraction = fraction(term.numerator, term.denominator);
    for (const { atom, power } of term.factors) {
      const value = evaluateAtom(atom, values);
      if (value === undefined || (value.numerator === 0n && power < 0)) return undefined;
      product = multiplyFractions(product, powerOfFraction(value, power));
    }
    sum = addFractions(sum, product);
  }
  return sum;
}

function evaluateAtom(atom: Atom, values: ReadonlyMap<VariableAtom, bigint>): Fraction | undefined {
  if (atom.kind === "variable") {
    const value = values.get(atom);
    return value === undefined ? undefined : fraction(value);
  }
  const left = evaluateSize(atom.left, values);
  const right = evaluateSize(atom.right, values);
  return left === undefined || right === undefined ? undefined : evaluate(atom, left, right);
}

function evaluate(atom: OperationAtom, a: Fraction, b: Fraction): Fraction | undefined {
  const isDivision = atom.op === "div" || atom.op === "%" || atom.op === "/";
  if (isDivision && b.numerator === 0n) return undefined;
  switch (atom.op) {
    case "div":
      return fraction(floorFraction(over(a, b)));
    case "%":
      return addFractions(a, multiplyFractions(b, fraction(-floorFraction(over(a, b)))));
    case "/":
      return over(a, b);
    case "min":
      return isBelow(a, b) ? a : b;
    case "max":
      return isBelow(a, b) ? b : a;
    case "^":
      return power(a, b);
  }
}

function over(a: Fraction, b: Fraction): Fraction {
  return fraction(a.numerator * b.denominator, a.denominator * b.numerator);
}

export function isBelow(a: Fraction, b: Fraction): boolean {
  return a.numerator * b.denominator < b.numerator * a.denominator;
}

function power(base: Fraction, exponent: Fraction): Fraction | undefined {
  const number = Number(exponent.numerator);
  if (exponent.denominator !== 1n || Math.abs(number) > 4096) return undefined;
  if (base.numerator === 0n && number < 0) return undefined;
  return powerOfFraction(base, number);
}
