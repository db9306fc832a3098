import { call, intConstant, select } from "../../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../../compiler/ir/expr/expr-form.ts";
import type { ScalarType, StorageType } from "../../../compiler/ir/expr/scalar-types.ts";
import type { ScalarFn } from "../../../compiler/ir/scalar-functions/scalar-functions.ts";
import { at, load, real, SampleBuilder, type SampleKernel } from "./sample-kernels.ts";

/** `y[r, c] = x[r, c] + bias[c] * scale[r]`, in any storage of what is read. */
export function scaledBias(
  rows: number,
  columns: number,
  storage: StorageType = "f32",
): SampleKernel {
  const build = new SampleBuilder();
  const [r, c] = [build.axis(rows), build.axis(columns)];
  const x = build.tensor("parameter", [rows, columns], storage);
  const bias = build.tensor("parameter", [columns], storage);
  const scale = build.tensor("parameter", [rows], storage);
  const y = build.tensor("output", [rows, columns]);
  const product = real("mul", load(bias, at(c)), load(scale, at(r)));
  const value = real("add", load(x, at(r), at(c)), product);
  return build.done("scaled bias", { kind: "map", grid: [r, c] }, [
    { tensor: y, at: [at(r), at(c)], value },
  ]);
}

/** `y[c, r] = x[r, c]`, stored in f16 where that is asked for. */
export function transposition(
  rows: number,
  columns: number,
  storage: StorageType = "f32",
): SampleKernel {
  const build = new SampleBuilder();
  const [c, r] = [build.axis(columns), build.axis(rows)];
  const x = build.tensor("input", [rows, columns], storage);
  const y = build.tensor("output", [columns, rows], storage);
  return build.done("transposition", { kind: "map", grid: [c, r] }, [
    { tensor: y, at: [at(c), at(r)], value: load(x, at(r), at(c)) },
  ]);
}

/** Rows of `a` and then of `b`: the branch that is not taken reads outside its tensor. */
export function joinedRows(first: number, second: number, width: number): SampleKernel {
  const build = new SampleBuilder();
  const [r, c] = [build.axis(first + second), build.axis(width)];
  const a = build.tensor("input", [first, width]);
  const b = build.tensor("input", [second, width]);
  const y = build.tensor("output", [first + second, width]);
  const value = select(
    call("lt", [at(r), intConstant(first)], "bool"),
    load(a, at(r), at(c)),
    load(b, call("sub", [at(r), intConstant(first)], "i32"), at(c)),
  );
  return build.done("joined rows", { kind: "map", grid: [r, c] }, [
    { tensor: y, at: [at(r), at(c)], value },
  ]);
}

/** A row shifted right by `shift` with zeros before it: the condition changes within a vector. */
export function shiftedRows(rows: number, width: number, shift: number): SampleKernel {
  const build = new SampleBuilder();
  const [r, c] = [build.axis(rows), build.axis(width)];
  const x = build.tensor("input", [rows, width]);
  const y = build.tensor("output", [rows, width]);
  const from = call("sub", [at(c), intConstant(shift)], "i32");
  const value = select(call("ge", [at(c), intConstant(shift)], "bool"), load(x, at(r), from), {
    kind: "constant",
    type: "f32",
    value: 0,
  });
  return build.done("shifted rows", { kind: "map", grid: [r, c] }, [
    { tensor: y, at: [at(r), at(c)], value },
  ]);
}

/** Rows of a table by number. */
export function gatheredRows(rows: number, count: number, width: number): SampleKernel {
  const build = new SampleBuilder();
  const [n, c] = [build.axis(count), build.axis(width)];
  const table = build.tensor("parameter", [rows, width]);
  const ids = build.tensor("input", [count], "i32");
  const y = build.tensor("output", [count, width]);
  const id: Expr = { kind: "load", tensor: ids, at: [at(n)], type: "i32" };
  return build.done("gathered rows", { kind: "map", grid: [n, c] }, [
    { tensor: y, at: [at(n), at(c)], value: load(table, id, at(c)) },
  ]);
}

/** One function of every element of `count` arguments; integers and booleans keep their own storage. */
export function functionOf(
  fn: ScalarFn,
  argumentCount: number,
  length: number,
  type: ScalarType = "f32",
  result: ScalarType = type,
): SampleKernel {
  const build = new SampleBuilder();
  const n = build.axis(length);
  const storage = (of: ScalarType): StorageType => (of === "bool" ? "u32" : of);
  const args = Array.from({ length: argumentCount }, (): Expr => {
    const tensor = build.tensor("input", [length], storage(type));
    return { kind: "load", tensor, at: [at(n)], type };
  });
  const y = build.tensor("output", [length], storage(result));
  return build.done(`${fn} of ${type}`, { kind: "map", grid: [n] }, [
    { tensor: y, at: [at(n)], value: call(fn, args, result) },
  ]);
}

/** `element[position[u]] = value[u]` in order, over a copy of `base`; some positions lie outside. */
export function replacedElements(length: number, updates: number): SampleKernel {
  const build = new SampleBuilder();
  const [n, u] = [build.axis(length), build.axis(updates)];
  const base = build.tensor("input", [length]);
  const positions = build.tensor("input", [updates], "i32");
  const values = build.tensor("input", [updates]);
  const y = build.tensor("output", [length]);
  const position: Expr = { kind: "load", tensor: positions, at: [at(u)], type: "i32" };
  return build.done("replaced elements", { kind: "scatter", grid: [n], updates: [u] }, [
    { tensor: y, at: [at(n)], value: load(base, at(n)) },
    { tensor: y, at: [position], value: load(values, at(u)) },
  ]);
}

/** Sums of updates that are sorted, of the elements of `base` in pairs: those of pair n from `n + 1` to `2 n + 1`. */
export function sortedUpdates(pairs: number): SampleKernel {
  const build = new SampleBuilder();
  const [n, half, u] = [build.axis(pairs), build.axis(2), build.axis(2 * pairs)];
  const base = build.tensor("input", [pairs, 2]);
  const values = build.tensor("input", [2 * pairs, 2]);
  const y = build.tensor("output", [pairs, 2]);
  const plusOne = (x: Expr): Expr => call("add", [x, intConstant(1)], "i32");
  const twice = call("mul", [at(n), intConstant(2)], "i32");
  const range = { from: plusOne(at(n)), to: plusOne(twice) };
  return build.done(
    "sums of sorted updates",
    { kind: "scatter", grid: [n, half], updates: [u], combine: "sum", range },
    [
      { tensor: y, at: [at(n), at(half)], value: load(base, at(n), at(half)) },
      { tensor: y, at: [at(n), at(half)], value: load(values, at(u), at(half)) },
    ],
  );
}
