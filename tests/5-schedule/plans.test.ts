import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { checkFiles } from "../../compiler/2-check/check-files.ts";
import type { ModelOverride } from "../../compiler/2-check/core/override-table.ts";
import { elaborateMode } from "../../compiler/2-check/modes/elaborate-mode.ts";
import { compileFile } from "../../compiler/api/compile-file.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { parseOnce } from "../../compiler/api/load/parse-once.ts";
import { fusedText } from "../../compiler/api/text/fused-text.ts";
import { modelsOf } from "../../compiler/cli/options/choose-mode.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { portableProfile } from "../../compiler/ir/device-profile.ts";
import { call, floatConstant } from "../../compiler/ir/expr/expr.ts";
import type { Kernel, KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import type { LoopAxis } from "../../compiler/ir/kernel/loops.ts";
import { extentOf } from "../../compiler/ops/extent.ts";
import { optimize } from "../../compiler/pipeline.ts";
import { planFaults } from "../support/graphs/plan-faults.ts";
import { fuseGraph, programOf } from "../support/kernels/fuse-graph.ts";
import { at, load, real, reduced, SampleBuilder } from "../support/kernels/sample-kernels.ts";

const root = join(import.meta.dirname, "..", "..");

/** Every mode that a model folder has expected numbers for. */
const cases = readdirSync(join(root, "models")).flatMap((folder) => {
  const path = join(root, "models", folder, "check.json");
  if (!existsSync(path)) return [];
  const check = JSON.parse(readFileSync(path, "utf8")) as {
    readonly file: string;
    readonly set?: unknown;
    readonly models: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  // Other sizes of what another folder has, by which kernels do not change.
  if (check.set !== undefined) return [];
  const file = join(root, "models", folder, check.file);
  return Object.entries(check.models)
    .flatMap(([model, modes]) => Object.keys(modes).map((mode) => ({ file, model, mode })))
    .concat(smallModes(file));
});

/** Every mode of a file's small models. */
function smallModes(file: string): readonly { file: string; model: string; mode: string }[] {
  return modelsOf(file)
    .filter(({ name }) => name.endsWith("_tiny"))
    .flatMap(({ name, modes }) => modes.map((mode) => ({ file, model: name, mode })));
}

describe("no plan stores a score matrix, a dense mask, a repeated tensor or products to be summed", () => {
  test.each(cases)("$model $mode", ({ file, model, mode }) => {
    for (const program of fusedModel(file, model, mode)) {
      expect(program.kernels.length).toBeGreaterThan(0);
      expect(planFaults(program)).toEqual([]);
    }
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

test("a token reads each weight once, and its own line of the embedding", () => {
  const file = join(root, "models", "llama", "llama.weft");
  const { artifact } = compileFile({ file, model: "Llama_tiny", mode: "generate" });
  if (artifact === undefined) throw new Error("Llama_tiny does not compile");
  const { dispatches, kernels, tensors, buffers } = artifact.program;
  const { from = 0, to = 0 } = artifact.steps.find(({ name }) => name === "decode") ?? {};
  const isTable = (number: number) => tensors[number]?.name.includes("embed_tokens") === true;
  const weightsOf = (bound: readonly number[]): number =>
    bound
      .filter((number) => buffers[tensors[number]?.buffer ?? -1]?.role === "parameters")
      .filter((number) => !isTable(number))
      .reduce((sum, number) => sum + (tensors[number]?.bytes ?? 0), 0);
  const own = dispatches.slice(from, to);
  const products = own.filter(({ kernel }) => kernels[kernel]?.engine === "contract");
  expect(products.length).toBeGreaterThan(4);
  for (const { bytesRead, tensors: bound } of products) {
    expect(bytesRead).toBeGreaterThanOrEqual(weightsOf(bound));
    expect(bytesRead).toBeLessThan(weightsOf(bound) + 4096);
  }
  const readers = own.filter(({ tensors: bound }) => bound.some(isTable));
  expect(readers.length).toBeGreaterThan(0);
});

test("what stands after all merging says why each kernel ends", () => {
  const file = join(root, "models", "llama", "llama.weft");
  const request = { file, model: "Llama_tiny", mode: "generate", sizes: { B: 1, N: 6 } };
  const { artifact } = compileFile({ ...request, set: { depth: 1 } });
  if (artifact === undefined) throw new Error("Llama_tiny does not compile");
  const { dispatches, kernels } = artifact.program;
  const own = dispatches.slice(0, artifact.steps[0]?.to);
  const ends = own.map(({ kernel, endsBecause }) => `${kernels[kernel]?.name}: ${endsBecause}`);
  expect(ends.toSorted()).toEqual([
    "attend-self_attn: contract-o_proj sums over products of its elements",
    "contract-down_proj: row-norm reduces rows of its elements",
    "contract-gate_proj-up_proj: contract-down_proj sums over products of its elements",
    "contract-k_proj: attend-self_attn attends over its elements; a state keeps the result",
    "contract-lm_head: the result is an output",
    "contract-o_proj: contract-gate_proj-up_proj sums over products of its elements",
    "contract-q_proj: attend-self_attn attends over its elements",
    "contract-v_proj: attend-self_attn attends over its elements; a state keeps the result",
    "row-norm: contract-lm_head sums over products of its elements",
    "row-sum: contract-lm_head reads at positions that it computes; a state keeps the result",
  ]);
  // The norm before two products is computed once.
  const gated = own.find(({ kernel }) => kernels[kernel]?.name.includes("gate_proj"));
  expect(gated?.holds.filter((operation) => operation === "mean{D}")).toEqual(["mean{D}"]);
});

test.each([
  { isSoftware: false, B: 1, buffers: 8, most: [8, 8] },
  { isSoftware: false, B: 3, buffers: 8, most: [8, 8] },
  { isSoftware: true, B: 1, buffers: 8, most: [12, 6] },
  // Queries, keys and values of one token in one kernel, which binds ten buffers.
  { isSoftware: false, B: 1, buffers: 10, most: [8, 5] },
  { isSoftware: true, B: 1, buffers: 10, most: [12, 5] },
])(
  "a layer of LLaMA: $most dispatches a step, $B sequences, $buffers buffers, software: $isSoftware",
  (on) => {
    const file = join(root, "models", "llama", "llama.weft");
    const countsOf = (depth: number): readonly number[] => {
      const { isSoftware, buffers } = on;
      const profile = { ...portableProfile, isSoftware, maxStorageBuffersPerShaderStage: buffers };
      const request = { file, model: "Llama_tiny", mode: "generate", sizes: { B: on.B, N: 6 } };
      const { artifact } = compileFile({ ...request, set: { depth } }, profile);
      if (artifact === undefined) throw new Error("Llama_tiny does not compile");
      return artifact.steps.map(({ from, to }) => to - from);
    };
    const [deep, shallow] = [countsOf(6), countsOf(3)];
    expect(deep.length).toBe(2);
    deep.forEach((count, n) => {
      expect((count - (shallow[n] ?? 0)) / 3).toBeLessThanOrEqual(on.most[n] ?? 0);
    });
  },
);

/** Layers are alike: as many as have every kind of neighbour, by the file's folder. */
const shallow: Readonly<Record<string, readonly ModelOverride[]>> = {
  clip: [
    { path: "vision_depth", value: 3 },
    { path: "text_depth", value: 3 },
  ],
  heads: [{ path: "vision_model.depth", value: 5 }],
  internvit: [{ path: "depth", value: 5 }],
  internvl: [
    { path: "vision_model.depth", value: 5 },
    { path: "qllama.depth", value: 6 },
  ],
  llama: [{ path: "depth", value: 3 }],
  qformer: [{ path: "depth", value: 6 }],
  qllama: [{ path: "depth", value: 6 }],
};

const checked = new Map<string, ReturnType<typeof checkFiles>>();

/** A file is checked once for all of its models. */
function checkedFile(file: string): ReturnType<typeof checkFiles> {
  const sink = new DiagnosticSink();
  const loader = diskLoader(root);
  const program =
    checked.get(file) ?? checkFiles({ entries: [file], loader, parse: parseOnce, sink });
  if (sink.hasErrors) throw new Error(renderDiagnostics(sink.diagnostics));
  checked.set(file, program);
  return program;
}

/** All steps of a mode, with few layers. */
function fusedModel(file: string, model: string, mode: string): readonly KernelProgram[] {
  const sink = new DiagnosticSink();
  // Heads stand by themselves too.
  const isHead = model === "ProbeHead";
  const overrides = isHead ? [] : (shallow[basename(dirname(file))] ?? []);
  const found = elaborateMode(checkedFile(file), { model, mode, overrides, sink });
  if (found === undefined || sink.hasErrors) throw new Error(renderDiagnostics(sink.diagnostics));
  const { steps, build, sizes } = found;
  return steps.map(({ graph }) => {
    // Two of everything that is free, so that nothing hides behind an axis of one element.
    const extent = extentOf(sizes, new Map(graph.freeAxes.map((axis) => [axis.size, 2] as const)));
    const optimized = optimize({ graph, build, extent }, { precision: "f32" });
    return fuseGraph(optimized, extent);
  });
}

describe("the assertion on plans can fail", () => {
  const build = (fill: (sample: SampleBuilder) => readonly Kernel[]): KernelProgram => {
    const sample = new SampleBuilder();
    const kernels = fill(sample);
    return programOf(sample.tensors, kernels);
  };
  const kernelOf = (engine: Kernel["engine"], stores: Kernel["stores"]): Kernel => {
    return { name: "sample", engine, stores, holds: [], places: [], endsBecause: "it is a sample" };
  };

  test("a mask by query and key between kernels", () => {
    const program = build((sample) => {
      const [q, k, e, d] = [5, 6, 4, 4].map((extent) => sample.axis(extent)) as Axes<4>;
      const mask = sample.tensor("intermediate", [5, 6]);
      const [x, y] = [sample.tensor("input", [6, 4]), sample.tensor("output", [5, 4])];
      const seen = call("gt", [load(mask, at(q), at(k)), floatConstant(0)], "bool");
      const engine = {
        kind: "attend",
        ...{ batch: [], queries: [q], keys: [k], inner: [e], valueAxes: [d], scale: 1 },
        ...{ query: load(x, at(q), at(e)), key: load(x, at(k), at(e)) },
        ...{ value: load(x, at(k), at(d)), mask: seen },
      } as const;
      return [kernelOf(engine, [{ tensor: y, at: [at(q), at(d)], value: reduced(0) }])];
    });
    expect(planFaults(program)).toEqual(["sample reads n0 by query and key"]);
  });

  test("truths over two axes between kernels, and what only repeats", () => {
    const program = build((sample) => {
      const [a, b] = [sample.axis(5), sample.axis(6)];
      const x = sample.tensor("input", [5]);
      const truths = sample.tensor("intermediate", [5, 6], "u32");
      const again = sample.tensor("intermediate", [5, 6]);
      const place = [at(a), at(b)];
      const isBefore = call("lt", place, "bool");
      const engine = { kind: "map", grid: [a, b] } as const;
      return [
        kernelOf(engine, [{ tensor: truths, at: place, value: isBefore }]),
        kernelOf(engine, [{ tensor: again, at: place, value: load(x, at(a)) }]),
      ];
    });
    expect(planFaults(program)).toEqual([
      "sample stores truths n1 over a0, a1",
      "sample repeats n2 along a1",
    ]);
  });

  test("products that are only summed, and a softmax that is multiplied by values", () => {
    const program = build((sample) => {
      const [a, b, c] = [5, 6, 7].map((extent) => sample.axis(extent)) as Axes<3>;
      const [x, w] = [sample.tensor("input", [6]), sample.tensor("parameter", [5, 6])];
      const product = sample.tensor("intermediate", [5, 6]);
      const weights = sample.tensor("intermediate", [5, 6]);
      const y = sample.tensor("output", [5, 7]);
      const place = [at(a), at(b)];
      const times = real("mul", load(x, at(b)), load(w, ...place));
      const lanes = { kind: "row", grid: [a], lanes: [b] } as const;
      const sum = { combine: "max", value: load(product, ...place), type: "f32" } as const;
      const minus = real("sub", load(product, ...place), reduced(0));
      const total = { combine: "sum", value: load(product, ...place), type: "f32" } as const;
      const z = sample.tensor("output", [5]);
      const contract = {
        kind: "contract",
        ...{ batch: [], rows: [a], columns: [c], inner: [b] },
        ...{ left: load(weights, ...place), right: load(w, at(c), at(b)) },
      } as const;
      return [
        kernelOf({ kind: "map", grid: [a, b] }, [{ tensor: product, at: place, value: times }]),
        kernelOf({ ...lanes, reductions: [total] }, [
          { tensor: z, at: [at(a)], value: reduced(0), perRow: true },
        ]),
        kernelOf({ ...lanes, reductions: [sum] }, [{ tensor: weights, at: place, value: minus }]),
        kernelOf(contract, [{ tensor: y, at: [at(a), at(c)], value: reduced(0) }]),
      ];
    });
    expect(planFaults(program)).toEqual([
      "sample reads the softmax of sample",
      "sample sums products that sample stores",
    ]);
  });
});

type Axes<N extends number> = N extends 3
  ? [LoopAxis, LoopAxis, LoopAxis]
  : [LoopAxis, LoopAxis, LoopAxis, LoopAxis];
