import { describe, expect, test } from "vitest";
import { constantSpecs } from "../../compiler/5-schedule/kernel-program/constant-specs.ts";
import { splitTensors } from "../../compiler/5-schedule/split/split-tensors.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { fusedText } from "../../compiler/api/text/fused-text.ts";
import type { Artifact } from "../../compiler/artifact.ts";
import { inspectReport } from "../../compiler/cli/report/inspect/inspect-report.ts";
import { compile } from "../../compiler/compile.ts";
import { portableProfile } from "../../compiler/ir/device-profile.ts";
import type { Axis, Graph, Value } from "../../compiler/ir/graph/graph.ts";
import { graphResults } from "../../compiler/ir/graph/graph-results.ts";
import { interpretKernels } from "../../compiler/ir/kernel/interpret-kernel.ts";
import * as build from "../../compiler/ops/build/build.ts";
import { valuesInOrder } from "../../compiler/ops/values-in-order.ts";
import { initialElements } from "../../runtime/stored/initial-elements.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { Sketch } from "../support/graphs/sketch.ts";
import { compareKernels, randomFeeds, tensorsOf } from "../support/kernels/compare-kernels.ts";
import { interfaceOf, passContext } from "../support/kernels/fuse-graph.ts";

const base = 10000;

/** The angle of rotary positions: `position * base ^ (-i / count)`. */
function angle(s: Sketch, position: Value, half: Axis): Value {
  const power = s.mul(s.convert(s.index(half), "f32"), -1 / s.extent(half));
  return s.mul(s.convert(position, "f32"), s.pow(s.number(base), power));
}

const cos = (s: Sketch, x: Value): Value => build.cos(s.build, x, s.origin);

function tablesOf(graph: Graph): readonly Value[] {
  return valuesInOrder(graphResults(graph)).filter(({ op }) => op === "table");
}

/** The tables after all passes, by what they hold; kernels mean what the graph means. */
function tabulated(s: Sketch, graph: Graph): readonly string[] {
  const optimized = optimize(graph, s);
  compareKernels(graph, optimized, s.extent, randomFeeds(graph, s.extent), {});
  return tablesOf(optimized).map(
    ({ inputs: [content], type }) =>
      `${content?.op}[${type.axes.map(({ name }) => name).join(", ")}]`,
  );
}

describe("what depends on positions alone", () => {
  test("is a table as far as it goes", () => {
    const s = new Sketch();
    const [n, half] = [s.axis("N", 5), s.axis("Half", 3)];
    const x = s.input("x", [n, half]);
    const y = s.mul(x, cos(s, angle(s, s.index(n), half)));
    expect(tabulated(s, s.graph({ y }))).toEqual(["cos[N, Half]"]);
  });

  test("is a table up to where a tensor comes in", () => {
    const s = new Sketch();
    const [b, half] = [s.axis("B", 2), s.axis("Half", 3)];
    const position = s.input("position", [b], "i32");
    const y = cos(s, angle(s, position, half));
    expect(tabulated(s, s.graph({ y }))).toEqual(["pow[Half]"]);
  });

  test("is no table where nothing in it is expensive", () => {
    const s = new Sketch();
    const [n, m] = [s.axis("N", 5), s.axis("M", 3)];
    const slope = s.mul(s.convert(s.index(m), "f32"), 0.25);
    const y = s.mul(s.input("x", [n]), s.sub(s.convert(s.index(n), "f32"), slope));
    expect(tabulated(s, s.graph({ y }))).toEqual([]);
  });

  test("is made of smaller tables where it is only spread out", () => {
    const s = new Sketch();
    const [n, m] = [s.axis("N", 50), s.axis("M", 40)];
    const of = (axis: Axis): Value => cos(s, s.convert(s.index(axis), "f32"));
    const y = s.mul(s.input("x", [n, m]), s.mul(of(n), of(m)));
    expect(tabulated(s, s.graph({ y }))).toEqual(["cos[N]", "cos[M]"]);
  });

  test("is computed in place where a table would be too large", () => {
    const s = new Sketch();
    const [n, half] = [s.axis("N", 2 ** 15), s.axis("Half", 64)];
    const table = cos(s, angle(s, s.index(n), half));
    const graph = s.graph({ y: s.sum(s.mul(s.input("x", [n]), table), n) });
    const tables = tablesOf(optimize(graph, s)).map(({ inputs: [content] }) => content?.op);
    expect(tables).toEqual(["pow"]);
  });

  test("may be a result, and what a state becomes", () => {
    const s = new Sketch();
    const n = s.axis("N", 5);
    const table = cos(s, s.convert(s.index(n), "f32"));
    const state = s.state("angles", [n]);
    s.store(state, table);
    expect(tabulated(s, s.graph({ table, before: s.mul(state, 2) }))).toEqual(["cos[N]"]);
  });

  test("equal tables are one tensor, whatever their axes are called", () => {
    const s = new Sketch();
    const n = s.axis("N", 5);
    const of = (name: string): Value =>
      s.mul(s.input(name, [n]), s.sum(cos(s, angle(s, s.index(n), s.axis(name, 3))), n));
    const graph = s.graph({ a: of("a"), b: of("b") });
    const optimized = optimize(graph, s);
    expect(tablesOf(optimized)).toHaveLength(2);
    const feeds = randomFeeds(graph, s.extent);
    const program = compareKernels(graph, optimized, s.extent, feeds, {});
    expect(program.tensors.filter(({ role }) => role === "constant")).toHaveLength(1);
  });
});

test("a table is cut where a binding is small", () => {
  const s = new Sketch();
  const [n, half] = [s.axis("N", 64), s.axis("Half", 8)];
  const y = s.sum(s.mul(s.input("x", [half]), cos(s, angle(s, s.index(n), half))), half);
  const graph = s.graph({ y });
  const optimized = optimize(graph, s);
  const feeds = randomFeeds(graph, s.extent);
  const fused = compareKernels(graph, optimized, s.extent, feeds, {});
  const given = tensorsOf(graph, optimized, fused, feeds);
  const profile = { ...portableProfile, maxStorageBufferBindingSize: 512 };
  const cut = splitTensors.run(fused, passContext(profile));
  const [output = -1] = interfaceOf(fused).outputs;
  expect(interpretKernels(cut, given).get(output)).toEqual(
    interpretKernels(fused, given).get(output),
  );
  const parts = cut.tensors.filter(({ role }) => role === "constant");
  expect(parts.map(({ partOf }) => partOf?.first)).toEqual([0, 128, 256, 384]);
  const places = parts.map(({ id, shape }, first) => {
    return { tensor: id, first: first * 128, count: (shape[0] ?? 0) * 8 };
  });
  const [spec, ...others] = constantSpecs(cut, new Map([[parts[0]?.id ?? -1, places]]));
  expect(others).toEqual([]);
  expect(spec).toMatchObject({ tensor: parts[0]?.id, parts: places });
  expect(spec?.initAxes.map(({ extent }) => extent)).toEqual([64, 8]);
});

describe("in LLaMA", () => {
  const llama = (mode: string, N = 9): Artifact => {
    const { artifact } = compile({
      entry: "models/llama/llama.weft",
      model: "Llama_tiny",
      mode,
      sizes: { B: 1, N },
      loader: diskLoader(process.cwd()),
    });
    if (artifact === undefined) throw new Error("it does not compile");
    return artifact;
  };
  const shapes = ({ program }: Artifact) =>
    program.constants.map(({ initAxes }) => initAxes.map(({ extent }) => extent));

  test("all layers share one table of cosines and one of sines; no kernel computes them", () => {
    const artifact = llama("logits");
    expect(shapes(artifact)).toEqual([
      [9, 8],
      [9, 8],
    ]);
    for (const { wgsl } of artifact.program.kernels) expect(wgsl).not.toMatch(/\b(pow|cos|sin)\(/);
    expect(artifact.program.plan.constantBytes).toBe(2 * 512);
  });

  test("decoding has a table of frequencies", () => {
    expect(shapes(llama("generate"))).toEqual([[9, 8], [9, 8], [8]]);
  });

  test("they are the numbers that they should be, to the last bit of f32", () => {
    const [cosines] = llama("logits", 2000).program.constants;
    if (cosines === undefined) throw new Error("there is no table");
    const bytes = new Uint8Array(4 * 2000 * 8);
    initialElements(cosines, 0).read(bytes, 0);
    const found = new Float32Array(bytes.buffer);
    for (const position of [0, 1, 17, 999, 1999])
      for (let i = 0; i < 8; i++) {
        const exact = Math.cos(position * base ** (-i / 8));
        expect(Math.abs((found[position * 8 + i] ?? 0) - exact)).toBeLessThan(2 ** -24);
      }
  });

  test("they are no parameters, and reports tell of them", () => {
    const artifact = llama("logits");
    expect(artifact.stored.some(({ path }) => path.includes("cos"))).toBe(false);
    const report = inspectReport(artifact);
    expect(report.constants.map(({ shape }) => shape)).toEqual([
      [9, 8],
      [9, 8],
    ]);
    expect(report.constantBytes).toBe(1024);
    expect(fusedText(artifact.program)).toMatch(
      /tables, computed before the first run\n {2}.*cos\[9, 8\]\n {2}.*sin\[9, 8\]/,
    );
  });
});
