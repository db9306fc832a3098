import type { ElaboratedMode } from "../../../compiler/2-check/modes/elaborate-mode.ts";
import type { Value } from "../../../compiler/ir/graph/graph.ts";
import { reachedFrom } from "../../../compiler/ir/graph/graph-results.ts";
import type { ReferenceTensor } from "../../../compiler/ops/define-op.ts";
import { extentOf } from "../../../compiler/ops/extent.ts";
import { interpretGraph } from "../../../compiler/ops/interpret-graph.ts";
import { elaborateText } from "../texts/check-text.ts";

/** A mode over `x: f32[B, Vocab]` with this result and body. */
export function modeOf(vocab: number, result: string, body: string, axes = ""): ElaboratedMode {
  const names = ["greedy", "sample", "kept", "suppress", "candidates", "penalize", "best", "draws"];
  const used = names.filter((name) => body.includes(`${name}{`));
  const text = `import { ${used.join(", ")} } from "std/sampling"
model M() {
  axis Vocab = ${vocab}
${axes}  mode go(x: f32[B, Vocab]) -> ${result} {
    ${body}
  }
}`;
  const { mode, diagnostics } = elaborateText(text, "M", "go");
  if (mode === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  return mode;
}

/** Outputs in float64, for rows of numbers. */
export function run(
  { graph, sizes }: ElaboratedMode,
  rows: readonly (readonly number[])[],
  immediates: Readonly<Record<string, number>> = { seed: 0, step: 0 },
): readonly (readonly number[])[] {
  const extent = extentOf(sizes, new Map(graph.freeAxes.map((axis) => [axis.size, rows.length])));
  const feeds = new Map<Value, ReferenceTensor>();
  for (const { value } of graph.inputs)
    feeds.set(value, { type: value.type, data: Float64Array.from(rows.flat()) });
  const results = graph.outputs.map((output) => output.value);
  for (const value of reachedFrom(results)) {
    const name = value.op === "immediate" ? String(value.attrs.name) : undefined;
    if (name !== undefined)
      feeds.set(value, { type: value.type, data: Float64Array.of(immediates[name] ?? 0) });
  }
  const found = interpretGraph(results, feeds, extent);
  return results.map((value) => [...(found.get(value)?.data ?? [])]);
}
