import { floatFunction } from "./define-function.ts";
import { called, exponential, horner } from "./wgsl-call.ts";

/** The hyperbolic functions. */
export const tanh = floatFunction({
  meaning: Math.tanh,
  // Beyond 15 the result is 1 in f32, and some drivers overflow there.
  wgsl: called("tanh", (name, { f32: type }) =>
    [
      `fn ${name}(x: ${type}) -> ${type} {`,
      `  let near = select(x, ${type}(15.0), x > ${type}(15.0));`,
      `  return tanh(select(near, ${type}(-15.0), near < ${type}(-15.0)));`,
      "}",
    ].join("\n"),
  ),
  cost: "expensive",
});

/** Taylor's series up to 1; beyond, half of `exp(|x|)`, which is finite where that is not, less its inverse. */
export const sinh = floatFunction({
  meaning: Math.sinh,
  wgsl: called("sinh", (name, { f32: type, ...types }) =>
    [
      `fn ${name}(x: ${type}) -> ${type} {`,
      "  let size = abs(x);",
      "  let square = x * x;",
      `  let near = fma(${horner(sinhSeries, "square", type)} * square, x, x);`,
      ...exponential("half", "size", { f32: type, ...types }, -1),
      "  let far = sign(x) * (half - 0.25 / half);",
      `  return select(far, near, size < ${type}(1.0));`,
      "}",
    ].join("\n"),
  ),
  cost: "expensive",
});

export const cosh = floatFunction({
  meaning: Math.cosh,
  wgsl: called("cosh", (name, { f32: type, ...types }) =>
    [
      `fn ${name}(x: ${type}) -> ${type} {`,
      ...exponential("half", "abs(x)", { f32: type, ...types }, -1),
      "  return half + 0.25 / half;",
      "}",
    ].join("\n"),
  ),
  range: () => ({ min: 1, max: Number.POSITIVE_INFINITY }),
  cost: "expensive",
});

/** 1 / 9! to 1 / 3!. */
const sinhSeries = ["2.7557319e-6", "1.984127e-4", "8.3333333e-3", "1.6666667e-1"];
