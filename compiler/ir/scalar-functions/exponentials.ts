import { defineFunction, floatFunction } from "./define-function.ts";
import { rising } from "./ranges.ts";
import { builtin, called, exponential, horner } from "./wgsl-call.ts";

/** Powers, roots, exponentials and logarithms. */
export const exp = floatFunction({
  meaning: Math.exp,
  wgsl: builtin("exp"),
  range: () => ({ min: 0, max: Number.POSITIVE_INFINITY }),
  cost: "expensive",
});

/** What is no ordinary number is said here: there are drivers on which `log(0)` is -88. */
export const log = floatFunction({
  meaning: Math.log,
  wgsl: called("log", (name, { f32: type, u32: bits }) =>
    [
      `fn ${name}(x: ${type}) -> ${type} {`,
      `  let unreal = select(${bits}(0x7fc00000u), ${bits}(0xff800000u), x == ${type}(0.0));`,
      `  let outside = select(bitcast<${type}>(unreal), x, x > ${type}(0.0));`,
      `  let isOrdinary = (x > ${type}(0.0)) & (x <= ${type}(3.4028234e38f));`,
      "  return select(outside, log(x), isOrdinary);",
      "}",
    ].join("\n"),
  ),
  cost: "expensive",
});

/** Taylor's series up to 0.5, where `exp(x) - 1` would cancel. */
export const expm1 = floatFunction({
  meaning: Math.expm1,
  wgsl: called("expm1", (name, { f32: type, ...types }) =>
    [
      `fn ${name}(x: ${type}) -> ${type} {`,
      `  let near = fma(${horner(expSeries, "x", type)} * x, x, x);`,
      ...exponential("grown", "x", { f32: type, ...types }),
      `  return select(grown - 1.0, near, abs(x) < ${type}(0.5));`,
      "}",
    ].join("\n"),
  ),
  range: rising(Math.expm1),
  cost: "expensive",
});

/** 1 / 9! to 1 / 2!. */
const expSeries = [
  "2.7557319e-6",
  "2.4801587e-5",
  "1.984127e-4",
  "1.3888889e-3",
  "8.3333333e-3",
  "4.1666667e-2",
  "1.6666667e-1",
  "0.5",
];

/**
 * Up to 0.5 it is `2 atanh(x / (2 + x))` as a series, in which nothing cancels. Beyond, `1 + x` is exact enough: its
 * exponent is taken off, and the same series gives the logarithm of what is left.
 */
export const log1p = floatFunction({
  meaning: Math.log1p,
  wgsl: called("log1p", (name, { f32: type, i32: whole, u32: bits }) =>
    [
      `fn ${name}(x: ${type}) -> ${type} {`,
      "  let sum = 1.0 + x;",
      `  let word = bitcast<${bits}>(sum) - ${bits}(0x3f3504f3u);`,
      `  let exponent = bitcast<${whole}>(word) >> ${bits}(23u);`,
      `  let rest = bitcast<${type}>((word & ${bits}(0x7fffffu)) + ${bits}(0x3f3504f3u));`,
      `  let isNear = abs(x) < ${type}(0.5);`,
      "  let s = select((rest - 1.0) / (rest + 1.0), x / (2.0 + x), isNear);",
      "  let square = s * s;",
      `  let series = fma(${horner(atanhSeries, "square", type)} * square, 2.0 * s, 2.0 * s);`,
      `  let far = fma(${type}(exponent), ${type}(0.69314718f), series);`,
      `  let finite = select(far, series, isNear);`,
      "  // Infinite at -1, NaN below; what is no ordinary number stays.",
      `  let outside = select(x, x - x, x < ${type}(-1.0)) / select(${type}(1.0), ${type}(0.0), x <= ${type}(-1.0));`,
      `  let isOrdinary = (x > ${type}(-1.0)) & (x <= ${type}(3.4028234e38f));`,
      "  return select(outside, finite, isOrdinary);",
      "}",
    ].join("\n"),
  ),
  range: "type",
  cost: "expensive",
});

/** 1 / 15 to 1 / 3. */
const atanhSeries = [
  "6.6666667e-2",
  "7.6923077e-2",
  "9.0909091e-2",
  "1.1111111e-1",
  "1.4285714e-1",
  "0.2",
  "3.3333333e-1",
];

export const sqrt = floatFunction({ meaning: Math.sqrt, wgsl: builtin("sqrt"), cost: 1 });

export const rsqrt = floatFunction({
  meaning: (a = 0) => 1 / Math.sqrt(a),
  wgsl: builtin("inverseSqrt"),
  cost: 1,
});

/** A negative base has a power where the exponent is whole. */
export const pow = defineFunction({
  arity: 2,
  operands: "float",
  result: "operands",
  // Of 1, IEEE 754 has every power, JavaScript not those of NaN and infinity.
  meaning: (base = 0, exponent = 0) =>
    base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)
      ? 1
      : base ** exponent,
  wholeMeaning: undefined,
  wgsl: called("power", (name, { f32: type, u32: bits }) =>
    // `pow` of WGSL wants a positive base.
    [
      `fn ${name}(base: ${type}, exponent: ${type}) -> ${type} {`,
      "  let half = exponent * 0.5;",
      "  let isWhole = floor(exponent) == exponent;",
      "  let isOdd = isWhole & (floor(half) != half);",
      `  let isNegative = (bitcast<${bits}>(base) >> ${bits}(31u)) != ${bits}(0u);`,
      "  // Of 0 and of infinity, which drivers take for numbers.",
      `  let isZero = base == ${type}(0.0);`,
      `  let isEndless = abs(base) > ${type}(3.4028234e38f);`,
      `  let isSmall = (isZero & (exponent > ${type}(0.0))) | (isEndless & (exponent < ${type}(0.0)));`,
      `  let extreme = bitcast<${type}>(select(${bits}(0x7f800000u), ${bits}(0u), isSmall));`,
      "  let size = select(pow(abs(base), exponent), extreme, isZero | isEndless);",
      "  let signedSize = select(size, -size, isNegative & isOdd);",
      "  let hasNone = isNegative & !isWhole & !isZero & !isEndless;",
      "  let isNan = hasNone | !((base == base) & (exponent == exponent));",
      `  let none = bitcast<${type}>(bitcast<${bits}>(exponent) | ${bits}(0x7fc00000u));`,
      "  // Also of NaN, and 1 to the power of NaN or infinity.",
      `  let isUnit = (abs(base) == ${type}(1.0)) & (abs(exponent) > ${type}(3.4028234e38f));`,
      `  let isOne = (exponent == ${type}(0.0)) | (base == ${type}(1.0)) | isUnit;`,
      `  return select(select(signedSize, none, isNan), ${type}(1.0), isOne);`,
      "}",
    ].join("\n"),
  ),
  range: "type",
  cost: "expensive",
});
