import fc from "fast-check";
import {
  atMostFact,
  belowFact,
  equalFact,
  type Facts,
  noFacts,
} from "../../../compiler/dims/facts.ts";
import type { Fact, Size } from "../../../compiler/dims/size.ts";
import { SizeTable } from "../../../compiler/dims/size-table.ts";

/** Expressions over a, b, c, d, with a meaning of their own that knows no normal form (`+ 0` turns -0 into 0). */
type Expression =
  | { readonly kind: "variable"; readonly index: number }
  | { readonly kind: "number"; readonly value: number }
  | {
      readonly kind: "operation";
      readonly op: Operation;
      readonly left: Expression;
      readonly right: Expression;
    };
type Operation = "+" | "-" | "*" | "/" | "div" | "%" | "min" | "max";

export const sizeNames = ["a", "b", "c", "d"];

export function expressions(
  operations: readonly Operation[],
  depth: number,
): fc.Arbitrary<Expression> {
  const leaf = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("variable"), index: fc.nat(3) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("number"), value: fc.integer({ min: -4, max: 6 }) }),
    },
  ) as fc.Arbitrary<Expression>;
  if (depth === 0) return leaf;
  const inner = expressions(operations, depth - 1);
  const operation = fc.record({
    kind: fc.constant("operation"),
    op: fc.constantFrom(...operations),
    left: inner,
    right: inner,
  }) as fc.Arbitrary<Expression>;
  return fc.oneof({ weight: 1, arbitrary: leaf }, { weight: 3, arbitrary: operation });
}

export const ring: readonly Operation[] = ["+", "-", "*"];
export const everything: readonly Operation[] = ["+", "-", "*", "/", "div", "%", "min", "max"];

/** A table with four unknowns, and both readings of an expression. */
export class SizeScope {
  readonly table = new SizeTable();
  readonly variables = sizeNames.map((name) => this.table.variable(name, 1));

  /** `/` that is not provable is taken as `div`, here and in `meaning`. */
  readonly inexact = new Set<Expression>();

  build(e: Expression, facts: Facts): Size {
    if (e.kind === "variable") return this.variables[e.index] as Size;
    if (e.kind === "number") return this.table.constant(e.value);
    const [a, b] = [this.build(e.left, facts), this.build(e.right, facts)];
    switch (e.op) {
      case "+":
        return this.table.add(a, b);
      case "-":
        return this.table.subtract(a, b);
      case "*":
        return this.table.multiply(a, b);
      case "div":
        return this.table.floorDivide(a, b, facts);
      case "%":
        return this.table.modulo(a, b, facts);
      case "min":
        return this.table.min(a, b, facts);
      case "max":
        return this.table.max(a, b, facts);
      case "/": {
        const exact = this.table.divide(a, b, facts);
        if (exact !== undefined) return exact;
        this.inexact.add(e);
        return this.table.floorDivide(a, b, facts);
      }
    }
  }

  /** The value by the definition of each operation; undefined where it divides by 0. */
  meaning(e: Expression, values: readonly number[]): number | undefined {
    if (e.kind === "variable") return values[e.index];
    if (e.kind === "number") return e.value;
    const [a, b] = [this.meaning(e.left, values), this.meaning(e.right, values)];
    if (a === undefined || b === undefined) return undefined;
    switch (e.op) {
      case "+":
        return a + b;
      case "-":
        return a - b + 0;
      case "*":
        return a * b + 0;
      case "min":
        return Math.min(a, b);
      case "max":
        return Math.max(a, b);
      case "div":
        return b === 0 ? undefined : Math.floor(a / b) + 0;
      case "%":
        return b === 0 ? undefined : a - b * Math.floor(a / b) + 0;
      case "/":
        if (b === 0) return undefined;
        return this.inexact.has(e) ? Math.floor(a / b) + 0 : a / b + 0;
    }
  }

  valueOf(size: Size, values: readonly number[]): number | undefined {
    return this.table.evaluate(
      size,
      new Map(this.variables.map((variable, i) => [variable, values[i] ?? 0])),
    );
  }
}

export const assignments = fc.array(fc.integer({ min: 1, max: 24 }), {
  minLength: 4,
  maxLength: 4,
});
export const manyAssignments = fc.array(assignments, { minLength: 12, maxLength: 12 });

/** Facts as a person writes them, with the test by which values satisfy them. */
interface Stated {
  readonly fact: (scope: SizeScope) => Fact;
  readonly holds: (values: readonly number[]) => boolean;
}

function stated(): fc.Arbitrary<Stated> {
  const at = (values: readonly number[], index: number): number => values[index] ?? 0;
  const variable = (scope: SizeScope, index: number): Size => scope.variables[index] as Size;
  const pick = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.integer({ min: 1, max: 4 }));
  const divisible = pick.map(
    ([x, y, , k]): Stated => ({
      fact: ({ table, ...scope }) => {
        const divisor = table.multiply(table.constant(k), scope.variables[y] as Size);
        return equalFact(
          table.modulo(scope.variables[x] as Size, divisor, noFacts),
          table.constant(0),
        );
      },
      holds: (values) => at(values, x) % (k * at(values, y)) === 0,
    }),
  );
  const product = pick.map(
    ([x, y, z, k]): Stated => ({
      fact: (scope) => {
        const { table } = scope;
        const side = table.multiply(variable(scope, y), variable(scope, z));
        return equalFact(table.multiply(table.constant(k), variable(scope, x)), side);
      },
      holds: (values) => k * at(values, x) === at(values, y) * at(values, z),
    }),
  );
  const sum = pick.map(
    ([x, y, , k]): Stated => ({
      fact: (scope) => {
        const { table } = scope;
        return equalFact(variable(scope, x), table.add(variable(scope, y), table.constant(k)));
      },
      holds: (values) => at(values, x) === at(values, y) + k,
    }),
  );
  const square = pick.map(
    ([x, y, z]): Stated => ({
      fact: (scope) => {
        const { table } = scope;
        const left = table.multiply(variable(scope, x), variable(scope, x));
        return equalFact(left, table.add(variable(scope, y), variable(scope, z)));
      },
      holds: (values) => at(values, x) ** 2 === at(values, y) + at(values, z),
    }),
  );
  const half = pick.map(
    ([x, y, , k]): Stated => ({
      fact: (scope) => {
        const { table } = scope;
        const divisor = table.constant(k + 1);
        return equalFact(
          variable(scope, x),
          table.floorDivide(variable(scope, y), divisor, noFacts),
        );
      },
      holds: (values) => at(values, x) === Math.floor(at(values, y) / (k + 1)),
    }),
  );
  const less = pick.map(
    ([x, y, z, k]): Stated => ({
      fact: (scope) =>
        z > 1
          ? belowFact(variable(scope, x), variable(scope, y))
          : atMostFact(scope.table.constant(k), variable(scope, y)),
      holds: (values) => (z > 1 ? at(values, x) < at(values, y) : k <= at(values, y)),
    }),
  );
  return fc.oneof(divisible, product, sum, square, half, less);
}

export const someFacts = fc.array(stated(), { minLength: 1, maxLength: 3 });

/** All small values that satisfy the facts. */
export function satisfying(facts: readonly Stated[]): readonly (readonly number[])[] {
  const found: (readonly number[])[] = [];
  const small = [1, 2, 3, 4, 5, 6, 8, 12];
  for (const a of small) {
    for (const b of small) {
      for (const c of small) {
        for (const d of small) {
          const values = [a, b, c, d];
          if (facts.every((fact) => fact.holds(values))) found.push(values);
        }
      }
    }
  }
  return found;
}
