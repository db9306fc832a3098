import { erfBoundary, erfFar, erfLimit, erfNear } from "../../../ir/error-function.ts";
import { threefryParity, threefryRotations } from "../../../ir/random.ts";
import type { Width } from "../writer/value-types.ts";

/** WGSL functions that expressions call where the language has no built-in of that meaning. */
export type CalledName =
  | "erf"
  | "erf_inv"
  | "sin"
  | "cos"
  | "uniform"
  | "floor_mod"
  | "floor_div_i32"
  | "floor_mod_i32"
  | "power"
  | "round_f16"
  | "round_bf16"
  | "widen_bf16"
  | "widen_f16_pairs"
  | "widen_bf16_pairs"
  | "widen_i8"
  | "widen_i4";

/** Collects the functions that a text needs; each stands once, in the order of first use. */
export class CalledFunctions {
  readonly #texts = new Map<string, string>();

  /** Name of the function for values of this width. */
  use(name: CalledName, width: Width): string {
    const full = width === 1 ? `weft_${name}` : `weft_${name}_4`;
    if (!this.#texts.has(full)) this.#texts.set(full, texts[name](full, width));
    return full;
  }

  get text(): string[] {
    return [...this.#texts.values()];
  }
}

const float = (width: Width) => (width === 1 ? "f32" : "vec4f");
const signed = (width: Width) => (width === 1 ? "i32" : "vec4i");
const unsigned = (width: Width) => (width === 1 ? "u32" : "vec4u");

const texts: Readonly<Record<CalledName, (name: string, width: Width) => string>> = {
  erf: (name, width) => {
    const type = float(width);
    // The steps of `errorFunction`, both formulas at once.
    return [
      `fn ${name}(x: ${type}) -> ${type} {`,
      `  let size = min(abs(x), ${type}(${erfLimit}.0));`,
      "  let s = size * size;",
      `  let near = fma(${horner(erfNear.map(String), "s", type)}, x, x);`,
      `  let far = sign(x) * (1.0 - exp(${horner(erfFar.map(String), "size", type)}));`,
      `  return select(far, near, size < ${type}(${erfBoundary}.0));`,
      "}",
    ].join("\n");
  },
  erf_inv: (name, width) => {
    const type = float(width);
    // M. Giles, "Approximating the erfinv function", GPU Computing Gems, 2010.
    return [
      `fn ${name}(x: ${type}) -> ${type} {`,
      `  let w = -log(max((1.0 - x) * (1.0 + x), ${type}(1e-37)));`,
      "  let a = w - 2.5;",
      `  let b = sqrt(max(w, ${type}(5.0))) - 3.0;`,
      `  let central = ${horner(erfInvCentral, "a", type)};`,
      `  let tail = ${horner(erfInvTail, "b", type)};`,
      `  return x * select(tail, central, w < ${type}(5.0));`,
      "}",
    ].join("\n");
  },
  sin: (name, width) => sineOrCosine(name, width, 0),
  cos: (name, width) => sineOrCosine(name, width, 1),
  uniform: (name, width) => {
    const type = unsigned(width);
    const lines = [
      `fn ${name}(stream: ${type}, seed: ${type}, counter: ${type}, step: ${type}) -> ${float(width)} {`,
      `  let hidden = stream ^ seed ^ ${type}(${threefryParity}u);`,
      "  var x = counter + stream;",
      "  var y = step + seed;",
    ];
    const keys = ["stream", "seed", "hidden"];
    for (let group = 0; group < 5; group++) {
      for (const turn of threefryRotations[group % 2 === 0 ? 0 : 1]) {
        lines.push(
          "  x += y;",
          `  y = ((y << ${type}(${turn}u)) | (y >> ${type}(${32 - turn}u))) ^ x;`,
        );
      }
      lines.push(
        `  x += ${keys[(group + 1) % 3]};`,
        `  y += ${keys[(group + 2) % 3]} + ${type}(${group + 1}u);`,
      );
    }
    lines.push(`  return ${float(width)}(x >> ${type}(8u)) * 5.9604645e-8f;`, "}");
    return lines.join("\n");
  },
  floor_mod: (name, width) => {
    const type = float(width);
    return `fn ${name}(a: ${type}, b: ${type}) -> ${type} {\n  return a - b * floor(a / b);\n}`;
  },
  floor_div_i32: (name, width) => {
    const type = signed(width);
    return [
      `fn ${name}(a: ${type}, b: ${type}) -> ${type} {`,
      "  let quotient = a / b;",
      `  let isInexact = (a % b != ${type}(0)) & ((a < ${type}(0)) != (b < ${type}(0)));`,
      `  return quotient - select(${type}(0), ${type}(1), isInexact);`,
      "}",
    ].join("\n");
  },
  floor_mod_i32: (name, width) => {
    const type = signed(width);
    return [
      `fn ${name}(a: ${type}, b: ${type}) -> ${type} {`,
      "  let rest = a % b;",
      `  return rest + select(${type}(0), b, (rest != ${type}(0)) & ((rest < ${type}(0)) != (b < ${type}(0))));`,
      "}",
    ].join("\n");
  },
  power: (name, width) => {
    const type = float(width);
    // `pow` of WGSL wants a positive base; a negative one has a power where the exponent is whole.
    return [
      `fn ${name}(base: ${type}, exponent: ${type}) -> ${type} {`,
      "  let size = pow(abs(base), exponent);",
      "  let half = exponent * 0.5;",
      `  let isOdd = (floor(exponent) == exponent) & (floor(half) != half);`,
      `  let signedSize = select(size, -size, (base < ${type}(0.0)) & isOdd);`,
      `  return select(signedSize, ${type}(1.0), exponent == ${type}(0.0));`,
      "}",
    ].join("\n");
  },
  round_f16: (name, width) => {
    const [type, bits] = [float(width), unsigned(width)];
    // Converting to f16 and back would say the same, and compilers take that pair away as if it did nothing.
    return [
      `fn ${name}(value: ${type}) -> ${type} {`,
      `  let bits = bitcast<${bits}>(value);`,
      `  let rounded = bits + ${bits}(0xfffu) + ((bits >> ${bits}(13u)) & ${bits}(1u));`,
      `  let normal = bitcast<${type}>(rounded & ${bits}(0xffffe000u));`,
      "  // Below 2^-14 halves are multiples of 2^-24.",
      "  let small = round(value * 16777216.0) * 5.9604645e-8f;",
      `  return select(normal, small, abs(value) < ${type}(6.1035156e-5f));`,
      "}",
    ].join("\n");
  },
  round_bf16: (name, width) => {
    const [type, bits] = [float(width), unsigned(width)];
    return [
      `fn ${name}(value: ${type}) -> ${type} {`,
      `  let bits = bitcast<${bits}>(value);`,
      `  let rounded = bits + ${bits}(0x7fffu) + ((bits >> ${bits}(16u)) & ${bits}(1u));`,
      `  return bitcast<${type}>(rounded & ${bits}(0xffff0000u));`,
      "}",
    ].join("\n");
  },
  widen_bf16: (name) =>
    `fn ${name}(word: u32, place: i32) -> f32 {\n  return bitcast<f32>(select(word << 16u, word & 0xffff0000u, (place & 1) == 1));\n}`,
  widen_f16_pairs: (name) =>
    `fn ${name}(words: vec2u) -> vec4f {\n  return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));\n}`,
  // Shifts, because drivers spell unpack4xI8 out: on llvmpipe it is as fast at best.
  widen_i8: (name, width) =>
    width === 1
      ? `fn ${name}(word: u32, place: i32) -> f32 {\n  return f32(i32(word << u32(24 - 8 * (place & 3))) >> 24u);\n}`
      : `fn ${name}(words: vec2u, group: i32) -> vec4f {\n  let word = select(words.x, words.y, (group & 1) == 1);\n  return vec4f(vec4i(i32(word << 24u), i32(word << 16u), i32(word << 8u), i32(word)) >> vec4u(24u));\n}`,
  widen_i4: (name, width) =>
    width === 1
      ? `fn ${name}(word: u32, place: i32) -> f32 {\n  return f32(i32(word << u32(28 - 4 * (place & 7))) >> 28u);\n}`
      : `fn ${name}(words: vec2u, group: i32) -> vec4f {\n  let half = select(words.x, words.y, (group & 2) == 2) >> u32(16 * (group & 1));\n  return vec4f(vec4i(i32(half << 28u), i32(half << 24u), i32(half << 20u), i32(half << 16u)) >> vec4u(28u));\n}`,
  widen_bf16_pairs: (name) =>
    `fn ${name}(words: vec2u) -> vec4f {\n  let w = words.xxyy;\n  return bitcast<vec4f>(vec4u(w.x << 16u, w.y & 0xffff0000u, w.z << 16u, w.w & 0xffff0000u));\n}`,
};

/**
 * WGSL promises sin and cos to 2^-11 only, and some devices give no more. So: quarter turns are taken off
 * by constants of few bits (Cody and Waite), and the polynomials of the Cephes library do the rest.
 */
function sineOrCosine(name: string, width: Width, firstQuarter: 0 | 1): string {
  const [type, whole] = [float(width), signed(width)];
  return [
    `fn ${name}(x: ${type}) -> ${type} {`,
    "  let turns = round(x * 0.63661975f);",
    ...["1.5703125", "4.837513e-4", "7.54979e-8"].map(
      (part, n) => `  let r${n} = fma(turns, ${type}(-${part}f), ${n === 0 ? "x" : `r${n - 1}`});`,
    ),
    "  let s = r2 * r2;",
    `  let sine = fma(${horner(["-1.9515296e-4", "8.332161e-3", "-0.16666655"], "s", type)} * s, r2, r2);`,
    `  let cosine = fma(${horner(["2.4433157e-5", "-1.3887316e-3", "4.1666646e-2"], "s", type)} * s, s, 1.0 - 0.5 * s);`,
    `  let quarter = (${whole}(turns) + ${whole}(${firstQuarter})) & ${whole}(3);`,
    `  let size = select(sine, cosine, (quarter & ${whole}(1)) == ${whole}(1));`,
    `  return select(size, -size, (quarter & ${whole}(2)) == ${whole}(2));`,
    "}",
  ].join("\n");
}

/** Coefficients from the highest power down to the constant. */
function horner(coefficients: readonly string[], variable: string, type: string): string {
  return coefficients.reduce((sum, coefficient, position) =>
    position === 1
      ? `fma(${type}(${sum}), ${variable}, ${type}(${coefficient}))`
      : `fma(${sum}, ${variable}, ${type}(${coefficient}))`,
  );
}

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
