import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rebaseKernel } from "../../compiler/5-schedule/split/rebase-kernel.ts";
import { compileFile } from "../../compiler/api/compile-file.ts";
import { portableProfile } from "../../compiler/ir/device-profile.ts";
import { call, intConstant } from "../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../compiler/ir/expr/expr-form.ts";
import {
  at,
  load,
  real,
  SampleBuilder,
  type SampleKernel,
} from "../support/kernels/sample-kernels.ts";

const plus = (position: Expr, offset: number): Expr =>
  call("add", [position, intConstant(offset)], "i32");

/** `y[r, first + c] = exp(x[r, c])` over the columns of one half. */
function half(first: number, columns = 64): SampleKernel {
  const build = new SampleBuilder();
  const [r, c] = [build.axis(4), build.axis(columns)];
  const x = build.tensor("input", [4, columns]);
  const y = build.tensor("intermediate", [4, 2 * columns]);
  const stores = [
    { tensor: y, at: [at(r), plus(at(c), first)], value: real("exp", load(x, at(r), at(c))) },
  ];
  return build.done("half", { kind: "map", grid: [r, c] }, stores);
}

const always = () => true;

describe("a kernel counts from where it begins in a tensor", () => {
  test("the second half becomes the first, and its binding begins later", () => {
    const [first, second] = [half(0), half(64)];
    expect(rebaseKernel(first.kernel, first.tensors, always).shifts.size).toBe(0);
    const rebased = rebaseKernel(second.kernel, second.tensors, always);
    expect([...rebased.shifts]).toEqual([[1, 64]]);
    expect(rebased.kernel.stores).toEqual(first.kernel.stores);
  });

  test("bindings begin at 256 bytes, and only where they may", () => {
    const { kernel, tensors } = half(60, 60);
    expect(rebaseKernel(kernel, tensors, always).kernel).toBe(kernel);
    const other = half(64);
    const none = rebaseKernel(other.kernel, other.tensors, () => false);
    expect(none.kernel).toBe(other.kernel);
  });

  test("the smallest of several places decides, in whole rows too", () => {
    const build = new SampleBuilder();
    const [r, c] = [build.axis(3), build.axis(32)];
    const x = build.tensor("input", [8, 64]);
    const y = build.tensor("output", [3, 32]);
    const sum = real(
      "add",
      load(x, plus(at(r), 2), plus(at(c), 32)),
      load(x, plus(at(r), 1), at(c)),
    );
    const { kernel, tensors } = build.done("rows", { kind: "map", grid: [r, c] }, [
      { tensor: y, at: [at(r), at(c)], value: sum },
    ]);
    const { kernel: moved, shifts } = rebaseKernel(kernel, tensors, always);
    expect([...shifts]).toEqual([[x, 64]]);
    expect(moved.stores[0]?.value).toEqual(
      real("add", load(x, plus(at(r), 1), plus(at(c), 32)), load(x, at(r), at(c))),
    );
  });

  test("positions that are read from a tensor, or may lie before the offset, stay", () => {
    const build = new SampleBuilder();
    const [r, c] = [build.axis(4), build.axis(64)];
    const ids = build.tensor("input", [4], "i32");
    const [x, z] = [build.tensor("input", [9, 64]), build.tensor("input", [9, 64])];
    const y = build.tensor("output", [4, 64]);
    const id: Expr = { kind: "load", tensor: ids, at: [at(r)], type: "i32" };
    const back = call("sub", [intConstant(5), at(r)], "i32");
    const sum = real("add", load(x, plus(id, 1), at(c)), load(z, back, at(c)));
    const { kernel, tensors } = build.done("gather", { kind: "map", grid: [r, c] }, [
      { tensor: y, at: [at(r), at(c)], value: sum },
    ]);
    const { shifts } = rebaseKernel(kernel, tensors, always);
    // 5 - r is at least 2: two rows of 64.
    expect([...shifts]).toEqual([[z, 128]]);
  });
});

test("the halves of a layer whose weight was cut share one text", () => {
  const file = join(import.meta.dirname, "..", "..", "models", "internvit", "internvit.weft");
  const request = { file, model: "InternViT_6B", mode: "forward", set: { depth: 2 } };
  const { artifact } = compileFile(request, portableProfile);
  if (artifact === undefined) throw new Error("InternViT_6B does not compile");
  const { kernels, dispatches } = artifact.program;
  const named = kernels.flatMap(({ name }, n) => (name === "contract-fc1" ? [n] : []));
  expect(named).toHaveLength(1);
  const own = dispatches.filter(({ kernel }) => kernel === named[0]);
  // Bias and result of the second half begin at column 6400.
  expect(own.map(({ shifts = [] }) => shifts.filter((shift) => shift > 0))).toEqual([
    [],
    [25600, 25600],
    [],
    [25600, 25600],
  ]);
});
