import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "../compiler/1-parse/parse.ts";
import { checkFiles } from "../compiler/2-check/check-files.ts";
import { elaborateMode } from "../compiler/2-check/elaborate-mode.ts";
import { fuse } from "../compiler/5-schedule/fuse.ts";
import { compileFile } from "../compiler/cli/compile-file.ts";
import { diskLoader } from "../compiler/cli/disk-loader.ts";
import { fusedText } from "../compiler/cli/fused-text.ts";
import { renderDiagnostics } from "../compiler/diagnostics/render.ts";
import { DiagnosticSink } from "../compiler/diagnostics/sink.ts";
import { nodesOf } from "../compiler/ir/expr-cost.ts";
import type { Expr, Kernel, KernelProgram, LoopAxis } from "../compiler/ir/kernel.ts";
import { readsOf } from "../compiler/ir/kernel-tensors.ts";
import { extentOf } from "../compiler/ops/extent.ts";
import { ops } from "../compiler/ops/registry.ts";
import { optimize } from "../compiler/pipeline.ts";

const root = join(import.meta.dirname, "..");

/** Every mode that a model folder has expected numbers for. */
const cases = readdirSync(join(root, "models")).flatMap((folder) => {
  const path = join(root, "models", folder, "check.json");
  if (!existsSync(path)) return [];
  const check = JSON.parse(readFileSync(path, "utf8")) as {
    readonly file: string;
    readonly models: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  const file = join(root, "models", folder, check.file);
  return Object.entries(check.models).flatMap(([model, modes]) =>
    Object.keys(modes).map((mode) => ({ file, model, mode })),
  );
});

describe("no plan stores a score matrix, a dense mask or a repeated tensor", () => {
  test.each(cases)("$model.$mode", ({ file, model, mode }) => {
    const program = fusedModel(file, model, mode);
    expect(program.kernels.length).toBeGreaterThan(0);
    expect(program.kernels.flatMap((kernel) => scoresOf(kernel, program))).toEqual([]);
    expect(storedSoftmaxes(program)).toEqual([]);
    expect(program.kernels.flatMap((kernel) => repetitionsOf(kernel, program))).toEqual([]);
  });
});

test("each kernel is explained once, with its parts, lines and end", () => {
  const file = join(root, "models", "internvit", "internvit.weft");
  const { artifact } = compileFile({ file, model: "InternViT_tiny", mode: "forward" });
  if (artifact === undefined) throw new Error("InternViT_tiny does not compile");
  const text = fusedText(artifact.program);
  expect(text).toContain("8 kernels in 26 dispatches");
  const [fc1 = ""] = text.split("\n\n").filter((part) => part.startsWith("contract-fc1"));
  expect(fc1).toMatch(/^contract-fc1 \(.*\), 4 times\n {2}parts +encoder\.layers\[0\.\.4\]/);
  expect(fc1).toContain("erf");
  expect(fc1).toMatch(/serves +stdlib\/layers\.weft:\d+\n/);
  expect(fc1).toMatch(/ends because .+/);
});

function fusedModel(file: string, model: string, mode: string): KernelProgram {
  const sink = new DiagnosticSink();
  const program = checkFiles({ entries: [file], loader: diskLoader(root), parse, sink });
  const found = elaborateMode(program, { model, mode, overrides: [], sink });
  if (found === undefined || sink.hasErrors) throw new Error(renderDiagnostics(sink.diagnostics));
  const { graph, build, sizes } = found;
  // Two of everything that is free, so that nothing hides behind an axis of one element.
  const extent = extentOf(sizes, new Map(graph.freeAxes.map((axis) => [axis.size, 2] as const)));
  const optimized = optimize({ graph, build, extent }, { precision: "f32" });
  return fuse(optimized, ops, extent, { hasF16: false, maxTensors: 8 }).program;
}

/** Tensors between kernels that an attention reads by query and key at once: scores or a mask. */
function scoresOf({ name, engine }: Kernel, { tensors }: KernelProgram): readonly string[] {
  if (engine.kind !== "attend") return [];
  const roots = [engine.query, engine.key, engine.value, ...(engine.mask ? [engine.mask] : [])];
  return nodesOf(roots).flatMap((node) => {
    if (node.kind !== "load" || tensors[node.tensor]?.role !== "intermediate") return [];
    const isBoth = uses(node.at, engine.queries) && uses(node.at, engine.keys);
    return isBoth ? [`${name} reads ${tensors[node.tensor]?.name}`] : [];
  });
}

/** Rows less their maximum that a contraction sums over: attention that nothing recognised. */
function storedSoftmaxes({ kernels }: KernelProgram): readonly string[] {
  const softmaxes = kernels.filter(
    ({ engine }) =>
      engine.kind === "row" && engine.reductions.some(({ combine }) => combine === "max"),
  );
  const rows = new Map(
    softmaxes.flatMap(({ name, stores }) =>
      stores.flatMap(({ tensor, perRow }) => (perRow === true ? [] : [[tensor, name] as const])),
    ),
  );
  return kernels.flatMap((kernel) => {
    if (kernel.engine.kind !== "contract") return [];
    return readsOf(kernel).flatMap((tensor) => rows.get(tensor) ?? []);
  });
}

/** Intermediates whose elements are the same all along one of their axes. */
function repetitionsOf({ name, engine, stores }: Kernel, program: KernelProgram): string[] {
  const { tensors } = program;
  const free = engine.kind === "map" ? engine.grid : engine.kind === "row" ? engine.lanes : [];
  return stores.flatMap(({ tensor, at, value }) => {
    if (tensors[tensor]?.role !== "intermediate") return [];
    const repeated = free.filter((axis) => uses(at, [axis]) && !uses([value], [axis]));
    return repeated.map((axis) => `${name} repeats ${tensors[tensor]?.name} along ${axis.name}`);
  });
}

function uses(exprs: readonly Expr[], axes: readonly LoopAxis[]): boolean {
  const ids = new Set(axes.filter(({ extent }) => extent > 1).map(({ id }) => id));
  return nodesOf(exprs).some((node) => node.kind === "axis" && ids.has(node.axis));
}
