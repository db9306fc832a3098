import { testFunction } from "./define-function.ts";
import { called } from "./wgsl-call.ts";

/** What kind of number a float is. By its bits: WGSL lets compilers assume that floats are finite. */
export const is_nan = testFunction(
  "float",
  1,
  (x) => Number(Number.isNaN(x)),
  called("is_nan", (name, { f32, u32, bool }) =>
    [
      `fn ${name}(x: ${f32}) -> ${bool} {`,
      `  return (bitcast<${u32}>(x) & ${u32}(0x7fffffffu)) > ${u32}(0x7f800000u);`,
      "}",
    ].join("\n"),
  ),
);

export const is_finite = testFunction(
  "float",
  1,
  (x) => Number(Number.isFinite(x)),
  called("is_finite", (name, { f32, u32, bool }) =>
    [
      `fn ${name}(x: ${f32}) -> ${bool} {`,
      `  return (bitcast<${u32}>(x) & ${u32}(0x7f800000u)) != ${u32}(0x7f800000u);`,
      "}",
    ].join("\n"),
  ),
);
