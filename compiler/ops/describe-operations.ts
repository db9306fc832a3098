import type { Lowering, OpDefinition } from "./define-op.ts";
import { ops } from "./registry.ts";
import { surfaceFamilies } from "./surface/surface-registry.ts";

/** The page of all operations, as Markdown, from the records themselves. */
export function describeOperations(): string {
  return `${[
    "# Operations",
    "",
    ...introduction,
    "",
    "## As they are written",
    ...surfaceFamilies.flatMap(({ title, surfaces }) => [
      "",
      `### ${title}`,
      "",
      "| written | meaning |",
      "|---|---|",
      ...surfaces.map((form) => row(`\`${form.signature}\``, form.doc)),
    ]),
    "",
    "## As the graph has them",
    "",
    ...graphIntroduction,
    "",
    "| operation | meaning | kernel | gradient |",
    "|---|---|---|---|",
    ...[...ops.values()].map((op) =>
      row(`\`${op.name}\``, op.doc, kernelOf(op.lowering), gradientOf(op)),
    ),
  ].join("\n")}\n`;
}

const introduction = [
  "Made from `compiler/ops` by `tests/ops/operations-page.test.ts`; change the records, not this page.",
  "",
  "All operations take their axes in braces. Operands of arithmetic, comparisons and `where` broadcast by",
  "missing name: the operand with more axes leads, missing ones follow in their order. `real` with `f32`",
  "gives `f32`; literals and static numbers take the type of what they meet; nothing else is converted.",
];

const graphIntroduction = [
  "What is written is checked and becomes these. *Map*: an element is a function of its place, fused",
  "wherever it is used; *view*: one that only moves or makes elements, free to repeat.",
];

function kernelOf(lowering: Lowering): string {
  switch (lowering.kind) {
    case "element":
      return lowering.isView ? "view" : "map";
    case "reduce":
      return "reduction";
    case "engine":
      return lowering.engine;
    default:
      return lowering.kind;
  }
}

function gradientOf({ gradient }: OpDefinition): string {
  return typeof gradient === "string" ? `none: ${gradient}` : "yes";
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
