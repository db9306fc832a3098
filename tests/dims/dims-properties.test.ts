import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { atMostFact, noFacts, withFacts } from "../../compiler/dims/facts.ts";
import type { Size } from "../../compiler/dims/size.ts";
import { evaluateSizeText } from "../support/graphs/evaluate-size-text.ts";
import {
  assignments,
  everything,
  expressions,
  manyAssignments,
  ring,
  SizeScope,
  satisfying,
  sizeNames,
  someFacts,
} from "../support/graphs/size-expressions.ts";

const options = { seed: 20240, numRuns: 1000 };

describe("normal form", () => {
  test("evaluates like the expression", () => {
    fc.assert(
      fc.property(expressions(everything, 4), manyAssignments, (expression, points) => {
        const scope = new SizeScope();
        const size = scope.build(expression, noFacts);
        for (const values of points) {
          const expected = scope.meaning(expression, values);
          if (expected === undefined || Math.abs(expected) > 2 ** 40) continue;
          expect(scope.valueOf(size, values)).toBe(expected);
        }
      }),
      options,
    );
  });

  test("equal polynomials are the same object", () => {
    const part = expressions(ring, 3);
    fc.assert(
      fc.property(part, part, part, (x, y, z) => {
        const scope = new SizeScope();
        const { table } = scope;
        const [a, b, c] = [x, y, z].map((e) => scope.build(e, noFacts)) as [Size, Size, Size];
        expect(table.add(a, table.add(b, c))).toBe(table.add(table.add(c, a), b));
        expect(table.multiply(a, table.add(b, c))).toBe(
          table.add(table.multiply(b, a), table.multiply(c, a)),
        );
        expect(table.multiply(table.multiply(a, b), c)).toBe(
          table.multiply(a, table.multiply(c, b)),
        );
        expect(table.subtract(a, table.subtract(a, b))).toBe(b);
      }),
      options,
    );
  });

  test("polynomials that differ somewhere are different objects", () => {
    const part = expressions(ring, 3);
    fc.assert(
      fc.property(part, part, manyAssignments, (x, y, points) => {
        const scope = new SizeScope();
        const [a, b] = [scope.build(x, noFacts), scope.build(y, noFacts)];
        const differ = points.some((at) => scope.meaning(x, at) !== scope.meaning(y, at));
        if (differ) expect(a).not.toBe(b);
        else if (a !== b) expect(scope.table.compare(a, b, noFacts).kind).toBe("different");
      }),
      options,
    );
  });

  test("substitution evaluates like giving the value", () => {
    const inner = expressions(ring, 2);
    fc.assert(
      fc.property(expressions(everything, 3), inner, assignments, (outer, value, values) => {
        const scope = new SizeScope();
        const size = scope.build(outer, noFacts);
        const replaced = scope.build(value, noFacts);
        const number = scope.meaning(value, values);
        if (number === undefined || number < 1) return;
        const given = [number, ...values.slice(1)];
        const expected = scope.meaning(outer, given);
        if (expected === undefined || Math.abs(expected) > 2 ** 40) return;
        const substituted = scope.table.substitute(
          size,
          new Map([[scope.variables[0] as Size, replaced]]),
        );
        expect(scope.valueOf(substituted, values)).toBe(expected);
      }),
      options,
    );
  });
});

describe("facts", () => {
  test("preserve values", () => {
    fc.assert(
      fc.property(expressions(everything, 3), someFacts, (expression, statements) => {
        const points = satisfying(statements);
        if (points.length === 0) return;
        const scope = new SizeScope();
        const facts = withFacts(
          noFacts,
          statements.map(({ fact }) => fact(scope)),
        );
        const size = scope.build(expression, facts);
        const rewritten = scope.table.normalise(size, facts);
        expect(scope.table.normalise(rewritten, facts)).toBe(rewritten);
        for (const values of points.slice(0, 60)) {
          const expected = scope.meaning(expression, values);
          if (expected === undefined) continue;
          const found = scope.valueOf(rewritten, values);
          // A reciprocal may have no value where the expression has one, never another value.
          if (found !== undefined) expect(found).toBe(expected);
        }
      }),
      options,
    );
  });

  test("comparisons are true", () => {
    const side = expressions(everything, 2);
    fc.assert(
      fc.property(side, side, someFacts, (left, right, statements) => {
        const points = satisfying(statements);
        if (points.length === 0) return;
        const scope = new SizeScope();
        const { table } = scope;
        const facts = withFacts(
          noFacts,
          statements.map(({ fact }) => fact(scope)),
        );
        const [a, b] = [scope.build(left, facts), scope.build(right, facts)];
        const found = table.compare(a, b, facts);
        const order = table.decide(atMostFact(a, b), facts);
        for (const values of points) {
          const [x, y] = [scope.meaning(left, values), scope.meaning(right, values)];
          if (x === undefined || y === undefined) continue;
          if (found.kind === "equal") expect(x).toBe(y);
          if (order.kind === "holds") expect(x).toBeLessThanOrEqual(y);
        }
        if (found.kind === "different") {
          expect(found.example.left).not.toBe(found.example.right);
          const values = sizeNames.map((name) => found.example.values.get(name) ?? 1);
          expect(scope.valueOf(a, values)).toBe(found.example.left);
          expect(scope.valueOf(b, values)).toBe(found.example.right);
        }
        if (order.kind === "fails") {
          expect(order.example.left).toBeGreaterThan(order.example.right);
        }
      }),
      { ...options, numRuns: 400 },
    );
  });
});

describe("format", () => {
  test("reads back as the same value", () => {
    fc.assert(
      fc.property(expressions(everything, 3), assignments, (expression, values) => {
        const scope = new SizeScope();
        const size = scope.build(expression, noFacts);
        const expected = scope.valueOf(size, values);
        if (expected === undefined || Math.abs(expected) > 2 ** 40) return;
        expect(evaluateSizeText(scope.table.format(size), sizeNames, values)).toBeCloseTo(
          expected,
          6,
        );
      }),
      options,
    );
  });
});
