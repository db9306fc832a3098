import type { ScalarType } from "../../../ir/expr/scalar-types.ts";

/** Number of elements that one value holds: one, or four neighbours. */
export type Width = 1 | 4;

const vectors: Readonly<Record<ScalarType, string>> = {
  f32: "vec4f",
  i32: "vec4i",
  u32: "vec4u",
  bool: "vec4<bool>",
};

export function typeName(type: ScalarType, width: Width): string {
  return width === 1 ? type : vectors[type];
}

/** Drops the outer pair of parentheses of a whole expression. */
export function bare(code: string): string {
  if (!code.startsWith("(") || !code.endsWith(")")) return code;
  let open = 0;
  for (let position = 0; position < code.length - 1; position++) {
    if (code[position] === "(") open++;
    if (code[position] === ")") open--;
    if (open === 0) return code;
  }
  return code.slice(1, -1);
}
