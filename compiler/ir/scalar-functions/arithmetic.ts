import { defineFunction, type ScalarFunction } from "./define-function.ts";
import { divisionText, remainderText } from "./integer-division.ts";
import { anything, product, quotient, rangeOfType, remainder } from "./ranges.ts";
import { builtin, called, operator, type WgslCall, type WgslFunction } from "./wgsl-call.ts";

type Arithmetic = Pick<ScalarFunction, "meaning" | "wholeMeaning" | "wgsl" | "range">;

function arithmetic(arity: 1 | 2 | 3, record: Arithmetic) {
  return defineFunction({ ...record, arity, operands: "number", result: "operands", cost: 1 });
}

/** Arithmetic of floats and integers. `div` of integers and every `mod` round down. */
export const add = arithmetic(2, {
  meaning: (a = 0, b = 0) => a + b,
  wholeMeaning: (a = 0, b = 0) => (a + b) | 0,
  wgsl: operator("+"),
  range: (range) => ({ min: range(0).min + range(1).min, max: range(0).max + range(1).max }),
});

export const sub = arithmetic(2, {
  meaning: (a = 0, b = 0) => a - b,
  wholeMeaning: (a = 0, b = 0) => (a - b) | 0,
  wgsl: operator("-"),
  range: (range) => ({ min: range(0).min - range(1).max, max: range(0).max - range(1).min }),
});

export const mul = arithmetic(2, {
  meaning: (a = 0, b = 0) => a * b,
  wholeMeaning: (a = 0, b = 0) => Math.imul(a, b),
  wgsl: operator("*"),
  range: (range, type) => (type === "u32" ? rangeOfType(type) : product(range(0), range(1))),
});

export const div = arithmetic(2, {
  meaning: (a = 0, b = 0) => a / b,
  wholeMeaning: (a = 0, b = 0) => (b === 0 ? 0 : Math.floor(a / b) | 0),
  wgsl: (call) => (call.operands === "f32" ? operator("/")(call) : divisionText(call)),
  range: (range, type) => (type === "f32" ? anything : quotient(range(0), range(1))),
});

/** The sign is that of the divisor: what is finite is its own remainder of an infinity of its sign, as in Python. */
export const mod = arithmetic(2, {
  meaning: (a = 0, b = 0) => {
    const rest = a % b;
    if (rest === 0) return b < 0 ? -0 : 0;
    return rest < 0 === b < 0 ? rest : rest + b;
  },
  wholeMeaning: (a = 0, b = 0) => (b === 0 ? 0 : (a - b * Math.floor(a / b)) | 0),
  wgsl: (call) => {
    if (call.operands === "i32") return remainderText(call);
    return call.operands === "u32" ? operator("%")(call) : floorMod(call);
  },
  range: (range, type) => (type === "f32" ? anything : remainder(range(0), range(1))),
});

const floorMod = called("floor_mod", (name, { f32: type }) =>
  [
    `fn ${name}(a: ${type}, b: ${type}) -> ${type} {`,
    `  let isEndless = abs(b) > ${type}(3.4028234e38f);`,
    `  let isFinite = abs(a) <= ${type}(3.4028234e38f);`,
    "  let rest = select(a - b * floor(a / b), a, isEndless & isFinite);",
    "  // The quotient of what is small may have been rounded to 0.",
    `  let isOpposite = (rest != ${type}(0.0)) & ((rest < ${type}(0.0)) != (b < ${type}(0.0)));`,
    "  return select(rest, rest + b, isOpposite);",
    "}",
  ].join("\n"),
);

export const neg = arithmetic(1, {
  meaning: (a = 0) => -a,
  wholeMeaning: (a = 0) => -a | 0,
  wgsl: ({ args: [x], operands }) => (operands === "u32" ? `(0u - ${x})` : `(-${x})`),
  range: (range) => ({ min: -range(0).max, max: -range(0).min }),
});

export const abs = arithmetic(1, {
  meaning: Math.abs,
  wholeMeaning: (a = 0) => Math.abs(a) | 0,
  wgsl: builtin("abs"),
  range: (range) => {
    const { min, max } = range(0);
    if (min >= 0) return { min, max };
    return { min: max < 0 ? -max : 0, max: Math.max(-min, max) };
  },
});

export const min = arithmetic(2, {
  meaning: Math.min,
  wholeMeaning: undefined,
  wgsl: (call) => extreme(call, "min"),
  range: (range) => ({
    min: Math.min(range(0).min, range(1).min),
    max: Math.min(range(0).max, range(1).max),
  }),
});

export const max = arithmetic(2, {
  meaning: Math.max,
  wholeMeaning: undefined,
  wgsl: (call) => extreme(call, "max"),
  range: (range) => ({
    min: Math.max(range(0).min, range(1).min),
    max: Math.max(range(0).max, range(1).max),
  }),
});

export const clamp = arithmetic(3, {
  meaning: (x = 0, low = 0, high = 0) => Math.min(Math.max(x, low), high),
  wholeMeaning: undefined,
  // Unlike WGSL's, ours is defined where the bounds cross.
  wgsl: (call) => {
    const { args, constants, operands } = call;
    const [x = "", low = "", high = ""] = args;
    if (operands !== "f32") return `min(max(${x}, ${low}), ${high})`;
    const [, least, most] = constants;
    const raised = extreme({ ...call, args: [x, low], constants: [undefined, least] }, "max");
    return extreme({ ...call, args: [raised, high], constants: [undefined, most] }, "min");
  },
  range: (range) => {
    const [x, low, high] = [range(0), range(1), range(2)];
    return {
      min: Math.min(Math.max(x.min, low.min), high.max),
      max: Math.min(Math.max(x.max, low.min), high.max),
    };
  },
});

export const fma = defineFunction({
  arity: 3,
  operands: "float",
  result: "operands",
  meaning: (a = 0, b = 0, c = 0) => a * b + c,
  wholeMeaning: undefined,
  wgsl: builtin("fma"),
  range: "type",
  cost: 2,
});

/**
 * The larger or smaller of two, and NaN where one of them is: of two floats WGSL's own may be either. A
 * comparison with NaN is false, so that a NaN on the left stays; one on the right is asked for unless it is constant.
 */
function extreme(call: WgslCall, fn: "min" | "max"): string {
  const { args, constants, operands, use } = call;
  const [a = "", b = ""] = args;
  if (operands !== "f32") return builtin(fn)(call);
  if (isNumber(constants[0])) {
    return extreme({ ...call, args: [b, a], constants: [constants[1], undefined] }, fn);
  }
  const name = isNumber(constants[1]) ? `${fn}_of` : `${fn}_of_any`;
  const sign = fn === "max" ? ">" : "<";
  const text: WgslFunction = (full, { f32 }) => {
    const chosen = `select(a, b, b ${sign} a)`;
    const result = isNumber(constants[1]) ? chosen : `select(b, ${chosen}, b == b)`;
    return `fn ${full}(a: ${f32}, b: ${f32}) -> ${f32} {\n  return ${result};\n}`;
  };
  return `${use(name, text)}(${a}, ${b})`;
}

function isNumber(constant: number | undefined): boolean {
  return constant !== undefined && !Number.isNaN(constant);
}
