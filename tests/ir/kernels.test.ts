import { describe, expect, test } from "vitest";
import { loopId } from "../../compiler/ir/axis-ids.ts";
import {
  axisIndex,
  call,
  floatConstant,
  intConstant,
  select,
} from "../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../compiler/ir/expr/expr-form.ts";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import type { KernelTensor } from "../../compiler/ir/kernel/kernel-tensor.ts";
import { verifyKernels } from "../../compiler/ir/kernel/verify-kernels.ts";
import { opSamples } from "../support/graphs/op-samples.ts";
import { compareKernels } from "../support/kernels/compare-kernels.ts";
import { spelledOut } from "../support/kernels/pass-context.ts";

describe("every operation means the same as a kernel", () => {
  for (const { name, graph, extent, feeds, build } of opSamples()) {
    test(name, () => {
      const spelt = spelledOut(graph, { build, extent });
      const program = compareKernels(graph, spelt, extent, feeds, {});
      expect(program.kernels.length).toBeGreaterThan(0);
    });
  }
});

describe("the verifier refuses", () => {
  const tensor = (id: number, role: KernelTensor["role"], ...shape: number[]): KernelTensor => ({
    id,
    name: `t${id}`,
    role,
    shape,
    storage: "f32",
  });
  const tensors = [tensor(0, "input", 4, 6), tensor(1, "output", 4, 6)];
  const grid = [
    { id: loopId(0), name: "A", extent: 4 },
    { id: loopId(1), name: "B", extent: 6 },
  ];
  const [a, b] = grid.map(({ id, extent }) => axisIndex(id, extent)) as [Expr, Expr];
  const load = (...at: Expr[]): Expr => ({ kind: "load", tensor: 0, at, type: "f32" });
  const program = (at: readonly Expr[], value: Expr): KernelProgram => ({
    tensors,
    steps: [],
    kernels: [
      {
        name: "k",
        engine: { kind: "map", grid },
        stores: [{ tensor: 1, at, value }],
        holds: [],
        places: [],
        endsBecause: "",
      },
    ],
  });
  const plus = (x: Expr, n: number): Expr => call("add", [x, intConstant(n)], "i32");
  const check = (at: readonly Expr[], value: Expr) => () =>
    verifyKernels(program(at, value), "test");

  test("nothing that is right", () => {
    const guarded = select(
      call("lt", [b, intConstant(5)], "bool"),
      load(a, plus(b, 1)),
      floatConstant(0),
    );
    expect(check([a, b], load(a, b))).not.toThrow();
    expect(check([a, b], guarded)).not.toThrow();
  });
  test("a position outside its tensor", () => {
    expect(check([a, b], load(a, plus(b, 1)))).toThrow("dimension 1 of 6");
    const wrong = select(
      call("lt", [b, intConstant(6)], "bool"),
      load(a, plus(b, -1)),
      floatConstant(0),
    );
    expect(check([a, b], wrong)).toThrow("which can be -1");
  });
  test("elements that are stored twice or never", () => {
    expect(check([a, call("div", [b, intConstant(2)], "i32")], load(a, b))).toThrow("exactly once");
    expect(check([a, intConstant(0)], load(a, b))).toThrow("exactly once");
  });
  test("types that do not meet", () => {
    const mixed: Expr = { kind: "call", fn: "add", args: [load(a, b), b], type: "f32" };
    expect(check([a, b], mixed)).toThrow("f32 and i32");
    expect(check([a, b], b)).toThrow("i32 is stored");
  });
  test("loops and reductions from elsewhere", () => {
    expect(check([a, b], load(axisIndex(loopId(7), 3), b))).toThrow("from outside");
    expect(check([a, b], { kind: "reduced", reduction: 0, type: "f32" })).toThrow("too early");
  });
});
