import { exprKey } from "../../ir/expr/expr-key.ts";
import type { ConstantTable } from "../../ir/kernel/kernel-tensor.ts";

/** Equal for tables with the same elements in the same storage. */
export function tableKey({ value, shape }: ConstantTable, storage: string): string {
  return `${storage}[${shape.join()}] ${exprKey(value)}`;
}
