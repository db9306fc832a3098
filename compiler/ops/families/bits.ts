import type { ScalarFn } from "../../ir/scalar-functions/scalar-functions.ts";
import { type FunctionOp, functionOp } from "../define-function-op.ts";
import { binarySamples, unarySamples } from "../samples.ts";

/** Bits of i32 and u32. */
export const bitOps: readonly FunctionOp[] = [
  ofBits("bit_and", ["a", "b"], "The bits that both have."),
  ofBits("bit_or", ["a", "b"], "The bits that one or both have."),
  ofBits("bit_xor", ["a", "b"], "The bits that one of the two has."),
  ofBits("bit_not", ["x"], "All bits turned over: `-x - 1` of an `i32`."),
  ofBits(
    "shift_left",
    ["x", "by"],
    "`x * 2 ^ by`, without the bits that leave; 0 where `by` is not 0 to 31.",
  ),
  ofBits(
    "shift_right",
    ["x", "by"],
    "`x div 2 ^ by`: an `i32` keeps its sign. Where `by` is not 0 to 31, 0, or -1 below 0.",
  ),
];

function ofBits(fn: ScalarFn, parameters: readonly string[], doc: string): FunctionOp {
  const isShift = fn === "shift_left" || fn === "shift_right";
  const samples = (["i32", "u32"] as const).flatMap((element) => {
    const wide = [element === "i32" ? -70000 : 0, 70000] as const;
    if (parameters.length === 1) return unarySamples(wide, element);
    return binarySamples(wide, isShift ? [0, 40] : wide, element);
  });
  return functionOp(fn, {
    doc,
    parameters,
    gradient: "integers have no number that could change a little",
    samples,
  });
}
