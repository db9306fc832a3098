import type { ScalarType } from "../../compiler/ir/expr/scalar-types.ts";
import {
  functionRecord,
  type ScalarFn,
} from "../../compiler/ir/scalar-functions/scalar-functions.ts";

const { MIN_VALUE, NaN: nan, POSITIVE_INFINITY: infinity } = Number;

const sizes = [
  MIN_VALUE,
  1e-310,
  1.1754943508222875e-38,
  1e-20,
  1e-5,
  0.3,
  0.5,
  0.75,
  1,
  1.5,
  2,
  2.5,
  3,
  17,
  80,
  1e3,
  65520,
  16777217,
  1e20,
  3.4028234663852886e38,
  1e300,
  Number.MAX_VALUE,
  infinity,
];

/** Numbers where functions go wrong: zeros of both signs, halves, the smallest, the largest, beyond, and none. */
const specialNumbers: readonly number[] = [0, -0, nan, ...sizes, ...sizes.map((size) => -size)];

const specialIntegers: readonly number[] = [
  0, 1, -1, 2, 3, -3, 7, 31, 32, 33, 255, -256, 65535, 0x55555555, 2147483647, -2147483648,
];

/** Functions of bits, which are no number that could be negative. */
const bitsOnly: readonly ScalarFn[] = ["uniform", "sample_uniform", "float_of_bits"];

/** Operand types on which a function is defined. */
export function typesOf(fn: ScalarFn): readonly ScalarType[] {
  switch (functionRecord(fn).operands) {
    case "float":
      return ["f32"];
    case "integer":
      return bitsOnly.includes(fn) ? ["u32"] : ["i32", "u32"];
    case "number":
      return ["f32", "i32", "u32"];
    case "bool":
      return ["bool"];
    case "any":
      return ["f32", "i32", "u32", "bool"];
  }
}

function numbersOf(type: ScalarType): readonly number[] {
  if (type === "f32") return specialNumbers;
  if (type === "bool") return [0, 1];
  return type === "i32" ? specialIntegers : specialIntegers.map((n) => n >>> 0);
}

/** Every list of operands up to two, and a diagonal of those that take more. */
export function operandsOf(fn: ScalarFn, type: ScalarType): readonly (readonly number[])[] {
  const numbers = numbersOf(type);
  const { arity } = functionRecord(fn);
  // Whole fours, with the first again at the end.
  const first = numbers[0] ?? 0;
  if (arity === 1) return [...numbers, first, first, first].map((x) => [x]);
  const pairs = numbers.flatMap((a) => numbers.map((b) => [a, b]));
  if (arity === 2) return pairs;
  return pairs.map((pair, n) =>
    Array.from(
      { length: arity },
      (_, place) => pair[place] ?? numbers[(n * 7 + place) % numbers.length] ?? 0,
    ),
  );
}
