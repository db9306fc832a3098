import type { ScalarType } from "../expr/scalar-types.ts";
import {
  defineFunction,
  floatFunction,
  type Numeric,
  type ScalarFunction,
} from "./define-function.ts";
import { intersect, rangeOfType } from "./ranges.ts";
import { called, conversion } from "./wgsl-call.ts";

/** Changes of type, and rounding to the narrow floats that tensors are stored in. */
export const to_f32 = converter({
  result: "f32",
  meaning: (a = 0) => a,
  range: (range) => range(0),
});

/** Towards 0; what is too large becomes the largest float that fits, NaN anything. */
export const to_i32 = converter({
  result: "i32",
  meaning: (a = 0) => Math.trunc(Math.min(Math.max(a, -2147483648), 2147483520)) | 0,
  wholeMeaning: (a = 0) => a | 0,
  range: (range) =>
    intersect({ min: Math.trunc(range(0).min), max: Math.trunc(range(0).max) }, rangeOfType("i32")),
});

/** The same; below 0 it is 0. */
export const to_u32 = converter({
  result: "u32",
  meaning: (a = 0) => Math.trunc(Math.min(Math.max(a, 0), 4294967040)) >>> 0,
  wholeMeaning: (a = 0) => a >>> 0,
  range: (range) =>
    range(0).min >= 0 ? intersect(range(0), rangeOfType("u32")) : rangeOfType("u32"),
});

export const to_bool = converter({
  result: "bool",
  meaning: (a) => Number(a !== 0),
  range: "type",
});

/** Rounds to the nearest f16, ties to even, and back: what storing in f16 would do. */
export const round_f16 = floatFunction({
  meaning: (a = 0) => roundToFloat(a, 10, -14, 65504),
  wgsl: called("round_f16", (name, { f32, u32 }) =>
    // Converting to f16 and back would say the same, and compilers take that pair away as if it did nothing.
    [
      `fn ${name}(value: ${f32}) -> ${f32} {`,
      `  let bits = bitcast<${u32}>(value);`,
      `  let rounded = bits + ${u32}(0xfffu) + ((bits >> ${u32}(13u)) & ${u32}(1u));`,
      `  let normal = bitcast<${f32}>(rounded & ${u32}(0xffffe000u));`,
      "  // Below 2^-14 halves are multiples of 2^-24.",
      "  let small = round(value * 16777216.0) * 5.9604645e-8f;",
      "  // From 65520 on they are infinite, and NaN stays.",
      `  let infinite = bitcast<${f32}>((bits & ${u32}(0x80000000u)) | ${u32}(0x7f800000u));`,
      `  let large = select(value, infinite, abs(value) >= ${f32}(65520.0));`,
      `  let isOrdinary = abs(value) < ${f32}(65520.0);`,
      `  return select(large, select(normal, small, abs(value) < ${f32}(6.1035156e-5f)), isOrdinary);`,
      "}",
    ].join("\n"),
  ),
  range: (range) => range(0),
  cost: 1,
});

/** The same for bf16. */
export const round_bf16 = floatFunction({
  meaning: (a = 0) => roundToFloat(a, 7, -126, 3.3895313892515355e38),
  wgsl: called("round_bf16", (name, { f32, u32 }) =>
    [
      `fn ${name}(value: ${f32}) -> ${f32} {`,
      `  let bits = bitcast<${u32}>(value);`,
      `  let rounded = bits + ${u32}(0x7fffu) + ((bits >> ${u32}(16u)) & ${u32}(1u));`,
      `  return bitcast<${f32}>(rounded & ${u32}(0xffff0000u));`,
      "}",
    ].join("\n"),
  ),
  range: (range) => range(0),
  cost: 1,
});

function converter<const Result extends ScalarType>({
  wholeMeaning = undefined,
  ...record
}: Pick<ScalarFunction, "meaning" | "range"> & {
  readonly result: Result;
  readonly wholeMeaning?: Numeric;
}) {
  return defineFunction({
    ...record,
    wholeMeaning,
    arity: 1,
    operands: "any",
    wgsl: conversion,
    cost: 0,
  });
}

/** Nearest float with this many bits behind the point, ties to even; beyond `largest` is infinite. */
function roundToFloat(x: number, bits: number, leastExponent: number, largest: number): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  const size = Math.abs(x);
  const exponent = Math.max(Math.floor(Math.log2(size)), leastExponent);
  const unit = 2 ** (exponent - bits);
  const scaled = size / unit;
  const down = Math.floor(scaled);
  const above = scaled - down;
  const isUp = above > 0.5 || (above === 0.5 && down % 2 !== 0);
  const rounded = (isUp ? down + 1 : down) * unit;
  return Math.sign(x) * (rounded > largest ? Number.POSITIVE_INFINITY : rounded);
}
