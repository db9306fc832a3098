import { defineFunction, type Numeric, type ScalarFunction } from "./define-function.ts";
import { rangeOfType } from "./ranges.ts";
import { called, operator, type WgslText } from "./wgsl-call.ts";

/** Bits of integers. Shifts by 32 or more, or by less than 0, leave nothing but the sign. */
export const bit_and = ofBits(
  2,
  (a = 0, b = 0) => a & b,
  operator("&"),
  (range, type) => {
    const least = [range(0), range(1)].filter(({ min }) => min >= 0);
    if (least.length === 0) return rangeOfType(type);
    return { min: 0, max: Math.min(...least.map(({ max }) => max)) };
  },
);

export const bit_or = ofBits(2, (a = 0, b = 0) => a | b, operator("|"));

export const bit_xor = ofBits(2, (a = 0, b = 0) => a ^ b, operator("^"));

export const bit_not = ofBits(
  1,
  (a = 0) => ~a,
  ({ args: [a] }) => `(~${a})`,
);

export const shift_left = ofBits(
  2,
  (a = 0, by = 0) => (isShift(by) ? a << by : 0),
  ({ args: [a, by], operands, types, splat }) => {
    const amount = `${types.u32}(${by})`;
    const shifted = `${a} << (${amount} & ${splat("31u", "u32")})`;
    return `select(${splat(operands === "u32" ? "0u" : "0", operands)}, ${shifted}, ${amount} < ${splat("32u", "u32")})`;
  },
);

export const shift_right = ofBits(
  2,
  (a = 0, by = 0) => Math.floor(isShift(by) ? a / 2 ** by : a < 0 ? -1 : 0),
  ({ args: [a, by], operands, types, splat }) => {
    const amount = `${types.u32}(${by})`;
    // The last place of an i32 is its sign, which shifts keep.
    if (operands === "i32") return `(${a} >> min(${amount}, ${splat("31u", "u32")}))`;
    const shifted = `${a} >> (${amount} & ${splat("31u", "u32")})`;
    return `select(${splat("0u", "u32")}, ${shifted}, ${amount} < ${splat("32u", "u32")})`;
  },
);

function isShift(by: number): boolean {
  return by >= 0 && by < 32;
}

function ofBits(
  arity: 1 | 2,
  meaning: Numeric,
  wgsl: WgslText,
  range: ScalarFunction["range"] = "type",
) {
  return defineFunction({
    arity,
    operands: "integer",
    result: "operands",
    meaning,
    wholeMeaning: meaning,
    wgsl,
    range,
    cost: 1,
  });
}

/** The f32 of these bits: how infinities and NaN are said, which WGSL has no literals for. */
export const float_of_bits = defineFunction({
  arity: 1,
  operands: "integer",
  result: "f32",
  meaning: (bits = 0) => {
    word.setUint32(0, bits);
    return word.getFloat32(0);
  },
  wholeMeaning: undefined,
  // Of a parameter, because of a constant WGSL would refuse the result.
  wgsl: called(
    "float_of_bits",
    (name, { f32, u32 }) =>
      `fn ${name}(bits: ${u32}) -> ${f32} {\n  return bitcast<${f32}>(bits);\n}`,
  ),
  range: "type",
  cost: 0,
});

const word = new DataView(new ArrayBuffer(4));
