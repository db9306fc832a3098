import { testFunction } from "./define-function.ts";
import { operator } from "./wgsl-call.ts";

/** Comparisons and logic: they give a bool. */
export const eq = testFunction("any", 2, (a, b) => Number(a === b), operator("=="));
/** Of floats, the opposite of `==`: WGSL's `!=` may be false beside NaN. */
export const ne = testFunction(
  "any",
  2,
  (a, b) => Number(a !== b),
  (call) => (call.operands === "f32" ? `(!${operator("==")(call)})` : operator("!=")(call)),
);
export const lt = testFunction("number", 2, (a = 0, b = 0) => Number(a < b), operator("<"));
export const le = testFunction("number", 2, (a = 0, b = 0) => Number(a <= b), operator("<="));
export const gt = testFunction("number", 2, (a = 0, b = 0) => Number(a > b), operator(">"));
export const ge = testFunction("number", 2, (a = 0, b = 0) => Number(a >= b), operator(">="));

export const and = testFunction("bool", 2, (a, b) => Number(a !== 0 && b !== 0), operator("&"));
export const or = testFunction("bool", 2, (a, b) => Number(a !== 0 || b !== 0), operator("|"));
export const not = testFunction(
  "bool",
  1,
  (a) => Number(a === 0),
  ({ args: [a] }) => `(!${a})`,
);
