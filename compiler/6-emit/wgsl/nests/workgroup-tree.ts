import type { Combine } from "../../../ir/kernel/loops.ts";
import type { Block } from "../writer/block.ts";
import type { KernelWriter } from "../writer/kernel-writer.ts";
import { combined } from "./reduction.ts";

/**
 * Combines a value of every invocation of the workgroup, always in the same order: halves of an array are
 * added to each other until one number is left. WGSL's analysis knows the result to be the same in all
 * invocations, so loops with barriers may depend on it. `array` names the shared array, one for each type; the
 * size of the workgroup must be a power of two.
 */
export function overWorkgroup(
  writer: KernelWriter,
  combine: Combine,
  own: string,
  type: string,
  array: string,
  block: Block,
): string {
  const size = writer.scheduled.workgroupSize;
  const local = writer.builtin("local_invocation_index");
  writer.workgroupVariable(array, `array<${type}, ${size}>`);
  const joined = combined(combine, `${array}[${local}]`, `${array}[${local} + half]`);
  block.add(
    `${array}[${local}] = ${own};`,
    "workgroupBarrier();",
    `for (var half = ${size / 2}u; half > 0u; half = half >> 1u) {`,
    `  if (${local} < half) {`,
    `    ${array}[${local}] = ${joined};`,
    "  }",
    "  workgroupBarrier();",
    "}",
  );
  return writer.printer.name(`workgroupUniformLoad(&${array}[0])`, block, "all");
}
