import { floatFunction } from "./define-function.ts";
import { erfInvReference, erfReference } from "./erf-meaning.ts";
import { called, horner } from "./wgsl-call.ts";

/**
 * The error function in f32, to 1e-7. Below 1 it is x + x P(x^2); from there to 4, where it is 1 in f32,
 * it is 1 - exp(Q(|x|)), which keeps the rounding of the exponential small. P and Q are minimax fits to
 * erf(x) / x - 1 and to log erfc(x). WGSL prints the same steps from the same tables.
 */
export function errorFunction(x: number): number {
  const round = Math.fround;
  const size = round(Math.min(Math.abs(x), erfLimit));
  if (size < erfBoundary) {
    const near = hornerRounded(erfNear, round(size * size));
    return round(round(near * round(x)) + round(x));
  }
  return round(Math.sign(x) * round(1 - round(Math.exp(hornerRounded(erfFar, size)))));
}

/** Where the two formulas meet, and from where the result is 1. */
const erfBoundary = 1;
const erfLimit = 4;

/** P and Q, from the highest power down to the constant. */
const erfNear = [
  7.64779397e-5, -0.000794258725, 0.00517978054, -0.0268486105, 0.112834305, -0.376126051,
  0.128379151,
] as const;
const erfFar = [
  -0.00115042413, 0.0147781344, -0.0886342153, -0.654488862, -1.11743855, -0.00267169066,
] as const;

function hornerRounded(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) =>
    Math.fround(Math.fround(sum * x) + Math.fround(coefficient)),
  );
}

export const erf = floatFunction({
  meaning: (x = 0) => erfReference(x),
  wgsl: called("erf", (name, { f32: type }) =>
    // The steps of `errorFunction`, both formulas at once.
    [
      `fn ${name}(x: ${type}) -> ${type} {`,
      `  let size = select(abs(x), ${type}(${erfLimit}.0), abs(x) > ${type}(${erfLimit}.0));`,
      "  let s = size * size;",
      `  let near = fma(${horner(erfNear.map(String), "s", type)}, x, x);`,
      `  let far = sign(x) * (1.0 - exp(${horner(erfFar.map(String), "size", type)}));`,
      `  return select(far, near, size < ${type}(${erfBoundary}.0));`,
      "}",
    ].join("\n"),
  ),
  cost: "expensive",
});

export const erf_inv = floatFunction({
  meaning: (y = 0) => erfInvReference(y),
  wgsl: called("erf_inv", (name, { f32: type, u32: bits }) =>
    // M. Giles, "Approximating the erfinv function", GPU Computing Gems, 2010.
    [
      `fn ${name}(x: ${type}) -> ${type} {`,
      `  let w = -log(max((1.0 - x) * (1.0 + x), ${type}(1e-37)));`,
      "  let a = w - 2.5;",
      `  let b = sqrt(max(w, ${type}(5.0))) - 3.0;`,
      `  let central = ${horner(erfInvCentral, "a", type)};`,
      `  let tail = ${horner(erfInvTail, "b", type)};`,
      `  let inverse = x * select(tail, central, w < ${type}(5.0));`,
      "  // Infinite at 1, and beyond there is none; NaN stays.",
      `  let infinite = (bitcast<${bits}>(x) & ${bits}(0x80000000u)) | ${bits}(0x7f800000u);`,
      `  let outside = select(${bits}(0x7fc00000u), infinite, abs(x) == ${type}(1.0));`,
      `  return select(bitcast<${type}>(outside), inverse, abs(x) < ${type}(1.0));`,
      "}",
    ].join("\n"),
  ),
  cost: "expensive",
});

const erfInvCentral = [
  "2.81022636e-8",
  "3.43273939e-7",
  "-3.5233877e-6",
  "-4.39150654e-6",
  "0.00021858087",
  "-0.00125372503",
  "-0.00417768164",
  "0.246640727",
  "1.50140941",
];
const erfInvTail = [
  "-0.000200214257",
  "0.000100950558",
  "0.00134934322",
  "-0.00367342844",
  "0.00573950773",
  "-0.0076224613",
  "0.00943887047",
  "1.00167406",
  "2.83297682",
];
