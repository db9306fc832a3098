import { defineFunction, floatFunction } from "./define-function.ts";
import { called, horner, type WgslText } from "./wgsl-call.ts";

/** Functions of angles in radians. */
export const sin = floatFunction({ meaning: Math.sin, wgsl: turned("sin", 0), cost: "expensive" });
export const cos = floatFunction({ meaning: Math.cos, wgsl: turned("cos", 1), cost: "expensive" });

/** The polynomials of `asin` and `atan` are those of the Cephes library; WGSL promises 12 bits at best. */
export const asin = floatFunction({
  meaning: Math.asin,
  wgsl: called("asin", (name, { f32: type }) =>
    [
      `fn ${name}(x: ${type}) -> ${type} {`,
      ...arcSine(type),
      `  let far = ${type}(1.5707964f) - 2.0 * angle;`,
      `  let result = select(angle, far, size > ${type}(0.5));`,
      `  return select(result, -result, x < ${type}(0.0));`,
      "}",
    ].join("\n"),
  ),
  range: () => ({ min: -Math.PI / 2, max: Math.PI / 2 }),
  cost: "expensive",
});

export const acos = floatFunction({
  meaning: Math.acos,
  wgsl: called("acos", (name, { f32: type }) =>
    [
      `fn ${name}(x: ${type}) -> ${type} {`,
      ...arcSine(type),
      `  let isNegative = x < ${type}(0.0);`,
      `  let near = ${type}(1.5707964f) - select(angle, -angle, isNegative);`,
      `  let far = select(2.0 * angle, ${type}(3.1415927f) - 2.0 * angle, isNegative);`,
      `  return select(near, far, size > ${type}(0.5));`,
      "}",
    ].join("\n"),
  ),
  range: () => ({ min: 0, max: Math.PI }),
  cost: "expensive",
});

/** `angle` is the arc sine of |x|, or beyond 0.5 that of sqrt((1 - |x|) / 2), which is half the arc cosine. */
function arcSine(type: string): readonly string[] {
  return [
    "  let size = abs(x);",
    `  let isFar = size > ${type}(0.5);`,
    "  let square = select(x * x, 0.5 * (1.0 - size), isFar);",
    "  let sine = select(size, sqrt(square), isFar);",
    `  let angle = fma(${horner(asinSeries, "square", type)} * square, sine, sine);`,
  ];
}

const asinSeries = ["4.2163199e-2", "2.4181311e-2", "4.5470026e-2", "7.4953003e-2", "1.6666752e-1"];

export const atan = floatFunction({
  meaning: Math.atan,
  wgsl: called("atan", (name, { f32: type }) =>
    [
      `fn ${name}(x: ${type}) -> ${type} {`,
      "  let size = abs(x);",
      `  let isFar = size > ${type}(1.0);`,
      "  let ratio = select(size, 1.0 / size, isFar);",
      ...arcTangent(type),
      `  let result = select(angle, ${type}(1.5707964f) - angle, isFar);`,
      `  return select(result, -result, x < ${type}(0.0));`,
      "}",
    ].join("\n"),
  ),
  range: () => ({ min: -Math.PI / 2, max: Math.PI / 2 }),
  cost: "expensive",
});

/** atan2(y, x): the angle of the point (x, y), from -pi to pi. */
export const atan2 = defineFunction({
  arity: 2,
  operands: "float",
  result: "operands",
  meaning: Math.atan2,
  wholeMeaning: undefined,
  wgsl: called("atan2", (name, { f32: type, u32: bits }) =>
    [
      `fn ${name}(y: ${type}, x: ${type}) -> ${type} {`,
      "  let isSteep = abs(y) > abs(x);",
      "  let larger = select(abs(x), abs(y), isSteep);",
      "  let smaller = select(abs(y), abs(x), isSteep);",
      "  // The quotient of equal sizes is 1, of infinities too, but not that of zeros.",
      `  let equal = select(${type}(0.0), ${type}(1.0), larger > ${type}(0.0));`,
      "  let ratio = select(smaller / larger, equal, smaller == larger);",
      ...arcTangent(type),
      `  let steep = select(angle, ${type}(1.5707964f) - angle, isSteep);`,
      "  // Zeros have a sign too.",
      `  let isLeft = (bitcast<${bits}>(x) >> ${bits}(31u)) != ${bits}(0u);`,
      `  let result = select(steep, ${type}(3.1415927f) - steep, isLeft);`,
      `  let isBelow = (bitcast<${bits}>(y) >> ${bits}(31u)) != ${bits}(0u);`,
      "  return select(result, -result, isBelow);",
      "}",
    ].join("\n"),
  ),
  range: () => ({ min: -Math.PI, max: Math.PI }),
  cost: "expensive",
});

/** `angle` is the arc tangent of `ratio`, which lies between 0 and 1. */
function arcTangent(type: string): readonly string[] {
  return [
    `  let isWide = ratio > ${type}(0.41421356f);`,
    "  let turned = select(ratio, (ratio - 1.0) / (ratio + 1.0), isWide);",
    "  let square = turned * turned;",
    `  let small = fma(${horner(atanSeries, "square", type)} * square, turned, turned);`,
    `  let angle = select(small, small + ${type}(0.78539816f), isWide);`,
  ];
}

const atanSeries = ["8.0537445e-2", "-1.3877686e-1", "1.9977711e-1", "-3.3332949e-1"];

/**
 * WGSL promises sin and cos to 2^-11 only, and some devices give no more. So: quarter turns are taken off
 * by constants of few bits (Cody and Waite), and the polynomials of the Cephes library do the rest.
 */
function turned(fn: "sin" | "cos", firstQuarter: 0 | 1): WgslText {
  return called(fn, (name, { f32: type, i32: whole }) =>
    [
      `fn ${name}(x: ${type}) -> ${type} {`,
      "  let turns = round(x * 0.63661975f);",
      ...["1.5703125", "4.837513e-4", "7.54979e-8"].map(
        (part, n) =>
          `  let r${n} = fma(turns, ${type}(-${part}f), ${n === 0 ? "x" : `r${n - 1}`});`,
      ),
      "  let s = r2 * r2;",
      `  let sine = fma(${horner(["-1.9515296e-4", "8.332161e-3", "-0.16666655"], "s", type)} * s, r2, r2);`,
      `  let cosine = fma(${horner(["2.4433157e-5", "-1.3887316e-3", "4.1666646e-2"], "s", type)} * s, s, 1.0 - 0.5 * s);`,
      `  let quarter = (${whole}(turns) + ${whole}(${firstQuarter})) & ${whole}(3);`,
      `  let size = select(sine, cosine, (quarter & ${whole}(1)) == ${whole}(1));`,
      `  return select(size, -size, (quarter & ${whole}(2)) == ${whole}(2));`,
      "}",
    ].join("\n"),
  );
}
