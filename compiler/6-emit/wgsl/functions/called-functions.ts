import type { WgslFunction, WgslTypes } from "../../../ir/scalar-functions/wgsl-call.ts";
import { typeName, type Width } from "../writer/value-types.ts";

/**
 * WGSL functions that read packed storage, and that rank floats for reductions; those of scalar functions
 * stand in their records.
 */
type OwnName =
  | "rank_for_max"
  | "rank_for_min"
  | "value_of_rank"
  | "widen_bf16"
  | "widen_f16_pairs"
  | "widen_bf16_pairs"
  | "widen_i8"
  | "widen_i4";

/** Collects the functions that a text needs; each stands once, in the order of first use. */
export class CalledFunctions {
  readonly #texts = new Map<string, string>();

  /** Name of one of these functions, for values of this width. */
  use(name: OwnName, width: Width): string {
    return this.add(name, width, (full) => texts[name](full, width));
  }

  /** Name of a function for values of this width; its text is written at the first use. */
  add(name: string, width: Width, text: WgslFunction): string {
    const full = width === 1 ? `weft_${name}` : `weft_${name}_4`;
    if (!this.#texts.has(full)) this.#texts.set(full, text(full, typesOf(width)));
    return full;
  }

  get text(): string[] {
    return [...this.#texts.values()];
  }
}

/** The WGSL types of values of this width. */
export function typesOf(width: Width): WgslTypes {
  return {
    f32: typeName("f32", width),
    i32: typeName("i32", width),
    u32: typeName("u32", width),
    bool: typeName("bool", width),
  };
}

const texts: Readonly<Record<OwnName, (name: string, width: Width) => string>> = {
  rank_for_max: (name, width) => rankText(name, width, "0x7fffffff"),
  rank_for_min: (name, width) => rankText(name, width, "-0x7fffffff"),
  value_of_rank: (name, width) => {
    const { f32, i32 } = typesOf(width);
    return [
      `fn ${name}(rank: ${i32}) -> ${f32} {`,
      `  return bitcast<${f32}>(abs(rank) | (rank & ${i32}(i32(0x80000000u))));`,
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
 * Whole numbers in the order of floats: the size without its sign, and the sign before it; zeros are equal.
 * NaN is `beyond` all others.
 */
function rankText(name: string, width: Width, beyond: string): string {
  const { f32, i32 } = typesOf(width);
  return [
    `fn ${name}(x: ${f32}) -> ${i32} {`,
    `  let bits = bitcast<${i32}>(x);`,
    `  let size = bits & ${i32}(0x7fffffff);`,
    `  let rank = select(size, -size, bits < ${i32}(0));`,
    `  return select(rank, ${i32}(${beyond}), size > ${i32}(0x7f800000));`,
    "}",
  ].join("\n");
}
