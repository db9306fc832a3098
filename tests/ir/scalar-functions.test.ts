import { describe, expect, test } from "vitest";
import { ExprEvaluator } from "../../compiler/ir/expr/evaluate-expr.ts";
import { call } from "../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../compiler/ir/expr/expr-form.ts";
import {
  functionRecord,
  resultTypeOf,
  scalarFunction,
  scalarFunctionNames,
} from "../../compiler/ir/scalar-functions/scalar-functions.ts";
import { sameEverywhere } from "../../runtime/numbers/scalar-functions.ts";
import { operandsOf, typesOf } from "../support/special-numbers.ts";

/** Functions that the runtime computes from additions and products: equal to the last digits, not the last bits. */
function expectSame(found: number, wanted: number, isExact: boolean, what: string): void {
  if (isExact || !Number.isFinite(wanted) || wanted === 0) {
    expect(found, what).toBe(wanted);
    return;
  }
  // The smallest numbers have few digits.
  expect(Math.abs(found - wanted), what).toBeLessThanOrEqual(Math.abs(wanted) * 2e-13 + 1e-322);
}

describe.each(scalarFunctionNames)("%s", (fn) => {
  const { arity, cost } = functionRecord(fn);
  test.each(typesOf(fn))("means the same in the interpreter and the runtime on %s", (type) => {
    const meaning = scalarFunction(fn, type);
    const runtime = sameEverywhere(fn, type);
    const isExact = cost !== "expensive" || fn.endsWith("uniform");
    const result = resultTypeOf(fn, type);
    const loads = Array.from(
      { length: arity },
      (_, tensor): Expr => ({ kind: "load", tensor, at: [], type }),
    );
    const data = new Map(loads.map((_, n) => [n, new Float64Array(1)]));
    const tensors = loads.map((_, id) => ({
      id,
      name: `x${id}`,
      role: "input" as const,
      shape: [],
      storage: "f32" as const,
    }));
    const evaluator = new ExprEvaluator(tensors, data, {});
    const interpreted = evaluator.compile(call(fn, loads, result));
    for (const operands of operandsOf(fn, type)) {
      const wanted = meaning(...operands);
      const what = `${fn}(${operands.join(", ")})`;
      expectSame(runtime(...operands), wanted, isExact, what);
      for (const [n, value] of operands.entries()) data.get(n)?.fill(value);
      evaluator.loop([], () => expect(interpreted(), what).toBe(wanted));
      const constants = operands.map((value): Expr => ({ kind: "constant", type, value }));
      const folded = call(fn, constants, result);
      if (folded.kind === "constant") expect(folded.value + 0, what).toBe(wanted + 0);
    }
  });
});
