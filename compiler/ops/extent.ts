import { InternalError, unreachable } from "../diagnostics/internal-error.ts";
import type { Atom, Size } from "../dims/size.ts";
import type { Extent } from "./define-op.ts";

/**
 * The numbers of all sizes, given those of the variables (sizes that are one unknown). Each size is
 * computed once.
 */
export function extentOf(variables: ReadonlyMap<Size, number>): Extent {
  const values = new Map<number, number>();
  for (const [size, value] of variables) values.set(variableOf(size), value);
  const known = new Map<string, number>();
  return ({ size }) => {
    const found = known.get(size.key);
    if (found !== undefined) return found;
    const exact = evaluate(size, values);
    const value = Math.round(exact);
    if (!(Math.abs(exact - value) < 1e-6)) {
      throw new InternalError(`the size ${size.key} is ${exact}, no whole number`);
    }
    known.set(size.key, value);
    return value;
  };
}

function variableOf(size: Size): number {
  const [term] = size.terms;
  const atom = term?.factors[0]?.atom;
  if (size.terms.length !== 1 || atom?.kind !== "variable") {
    throw new InternalError(`${size.key} is no variable`);
  }
  return atom.id;
}

function evaluate(size: Size, variables: ReadonlyMap<number, number>): number {
  let total = 0;
  for (const term of size.terms) {
    let product = 1;
    for (const { atom, power } of term.factors) product *= valueOf(atom, variables) ** power;
    total += (product * Number(term.numerator)) / Number(term.denominator);
  }
  return total;
}

function valueOf(atom: Atom, variables: ReadonlyMap<number, number>): number {
  if (atom.kind === "variable") {
    const value = variables.get(atom.id);
    if (value === undefined) throw new InternalError(`nothing says how large ${atom.name} is`);
    return value;
  }
  const left = evaluate(atom.left, variables);
  const right = evaluate(atom.right, variables);
  switch (atom.op) {
    case "div":
      return Math.floor(left / right);
    case "/":
      return left / right;
    case "%":
      return left - Math.floor(left / right) * right;
    case "min":
      return Math.min(left, right);
    case "max":
      return Math.max(left, right);
    case "^":
      return left ** right;
    default:
      return unreachable(atom.op);
  }
}
