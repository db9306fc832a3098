import { describe, expect, test } from "vitest";
import type { ElaboratedMode } from "../../compiler/2-check/modes/elaborate-mode.ts";
import type { Size } from "../../compiler/dims/size.ts";
import type { ReferenceTensor } from "../../compiler/ops/define-op.ts";
import { extentOf } from "../../compiler/ops/extent.ts";
import { interpretGraph } from "../../compiler/ops/interpret-graph.ts";
import { ops } from "../../compiler/ops/registry.ts";
import { valuesInOrder } from "../../compiler/ops/values-in-order.ts";
import { elaborateFile, elaborateText } from "../support/texts/check-text.ts";

const internvit = "models/internvit/internvit.weft";

function modeOf(text: string, overrides: Parameters<typeof elaborateText>[3] = []): ElaboratedMode {
  const { mode, diagnostics } = elaborateText(text, "M", "forward", overrides);
  if (mode === undefined)
    throw new Error(diagnostics.map((one) => `${one.code}: ${one.message}`).join("\n"));
  return mode;
}

/** Every value has the type that its operation infers from its inputs. */
function expectWellTyped({ graph }: ElaboratedMode): void {
  const roots = [...graph.outputs.map((one) => one.value), ...graph.stored.map((one) => one.init)];
  for (const value of valuesInOrder(roots)) {
    const inferred = ops.get(value.op)?.infer(
      value.inputs.map((one) => one.type),
      value.attrs,
    );
    expect([inferred?.element, ...(inferred?.axes ?? [])], value.op).toEqual([
      value.type.element,
      ...value.type.axes,
    ]);
  }
}

/** Runs the mode in float64: tensors by the name of the input or the path of the parameter. */
function run(
  mode: ElaboratedMode,
  feeds: Readonly<Record<string, readonly number[]>>,
  sizes: Readonly<Record<string, number>> = {},
): readonly number[] {
  const { graph } = mode;
  const numbers = new Map<Size, number>(
    graph.freeAxes.map((axis) => [axis.size, sizes[axis.name] ?? 1]),
  );
  const extent = extentOf(mode.sizes, numbers);
  const given = new Map<(typeof graph.outputs)[number]["value"], ReferenceTensor>();
  for (const { name, value } of graph.inputs)
    given.set(value, { type: value.type, data: Float64Array.from(feeds[name] ?? []) });
  for (const { path, value } of graph.stored)
    given.set(value, { type: value.type, data: Float64Array.from(feeds[path] ?? []) });
  const [output] = graph.outputs;
  if (output === undefined) return [];
  return [...(interpretGraph([output.value], given, extent).get(output.value)?.data ?? [])];
}

describe("parts", () => {
  test("a part of one axis to itself is its matrix", () => {
    const mode = modeOf(`import { Linear } from "std/layers"
model M {
  axis D = 2
  use proj = Linear<D, D>()
  mode forward(x: f32[B, D]) -> [B, D] { proj(real(x)) }
}`);
    expectWellTyped(mode);
    expect(mode.graph.stored.map((one) => one.path)).toEqual(["proj.weight", "proj.bias"]);
    expect(mode.graph.freeAxes.map((axis) => axis.name)).toEqual(["B"]);
    const feeds = { x: [1, 2, 3, 4], "proj.weight": [1, 10, 100, 1000], "proj.bias": [0.5, 0.25] };
    expect(run(mode, feeds, { B: 2 })).toEqual([21.5, 2100.25, 43.5, 4300.25]);
  });

  test("a result comes in the written order", () => {
    const mode = modeOf(
      "model M {\n axis N = 2\n axis K = 3\n mode forward(x: f32[N, K]) -> f32[K, N] { x }\n}",
    );
    expect(run(mode, { x: [1, 2, 3, 4, 5, 6] })).toEqual([1, 4, 2, 5, 3, 6]);
  });

  test("optional parts, repeats and settings are those of the instance", () => {
    const text = `import { RmsNorm, Linear } from "std/layers"
module Block<D>(normed: bool) {
  use norm = RmsNorm<D>() if normed
  use proj = Linear<D, D>(biased: false)
  fn forward(x: [.., D]) -> [.., D] {
    let y = if normed { norm(x) } else { x }
    x + proj(y)
  }
}
model M(depth: int = 3) {
  axis D = 2
  repeat i in 0..depth {
    use encoder.blocks[i] = Block<D>(normed: i % 2 == 1)
  }
  mode forward(x: f32[D]) -> [D] {
    let x = real(x)
    for block in encoder.blocks { x = block(x) }
    x
  }
}`;
    const paths = (overrides: Parameters<typeof modeOf>[1]) =>
      modeOf(text, overrides).graph.stored.map((one) => one.path);
    expect(paths([])).toEqual([
      "encoder.blocks.0.proj.weight",
      "encoder.blocks.1.norm.weight",
      "encoder.blocks.1.proj.weight",
      "encoder.blocks.2.proj.weight",
    ]);
    expect(paths([{ path: "depth", value: 1 }])).toEqual(["encoder.blocks.0.proj.weight"]);
    expect(paths([{ path: "depth", value: 0 }])).toEqual([]);
    expect(
      paths([{ path: "encoder.blocks[*].normed", value: false, mayBeIdle: true }]),
    ).toHaveLength(3);
    const origins = valuesInOrder(modeOf(text).graph.outputs.map((one) => one.value)).map(
      (value) => value.origin,
    );
    expect(
      origins.some((origin) => origin.kind === "source" && origin.path === "encoder.blocks.1.norm"),
    ).toBe(true);
  });

  test("a join travels with its segments, and is renamed with them", () => {
    const mode = modeOf(`module Layer<Query> {
  fn forward(x: [N]) -> [N] {
    if Query in N {
      put{N: Query}(x, 10.0 * take{N: Query}(x))
    } else {
      x
    }
  }
}
model M {
  axis Query = 2
  axis Text = 3
  use layer = Layer<Query>()
  mode forward(q: f32[Query], t: f32[Text]) -> [Query ++ Text] {
    axis Seq = Query ++ Text
    axis Key = Seq
    let x = real(concat{Seq}(q, t))
    rename{Key -> Seq}(layer(rename{Seq -> Key}(x))) + expand{Seq}(sum{Text}(layer(real(t)))) + 0.0 * expand{Seq}(sum{Query}(layer(real(q))))
  }
}`);
    expectWellTyped(mode);
    // Queries are in the joined sequence and in themselves, not in the text.
    expect(run(mode, { q: [1, 2], t: [3, 4, 5] })).toEqual([22, 32, 15, 16, 17]);
  });

  test("formals bound to products are taken apart and put back", () => {
    const mode = modeOf(`import { Linear } from "std/layers"
model M {
  axis D = 2
  axis H = 2
  axis K = 1
  use heads = Linear<D, (H, K)>(biased: false)
  use back = Linear<(H, K), D>(biased: false)
  mode forward(x: f32[D]) -> [D] { heads(real(x)) |> back }
}`);
    expect(
      mode.graph.stored.map((one) => one.dimensions.map((dimension) => dimension.axes.length)),
    ).toEqual([
      [2, 1],
      [1, 2],
    ]);
    expect(
      run(mode, { x: [1, 2], "heads.weight": [1, 0, 0, 1], "back.weight": [0, 1, 1, 0] }),
    ).toEqual([2, 1]);
  });

  test("a slot is the part that stands there, also one that `with` gives", () => {
    const text = (fill: string) => `interface Act {
  fn forward(x: [..]) -> [..]
}
module Double { fn forward(x: [..]) -> [..] { 2.0 * x } }
module Square { fn forward(x: [..]) -> [..] { x * x } }
module Block { slot act: Act = Double()
  fn forward(x: [..]) -> [..] { act(x) + 1.0 } }
model M {
  use block = Block()${fill}
  mode forward(x: f32[B]) -> [B] { block(real(x)) }
}`;
    expect(run(modeOf(text("")), { x: [3] })).toEqual([7]);
    expect(run(modeOf(text(" with act = Square()")), { x: [3] })).toEqual([10]);
  });

  test("a named instance is made with its arguments, over which the user's win", () => {
    const text = `module Scale<D = 2>(by: float = 1.0, plus: float = 0.0) {
  fn forward(x: [.., D]) -> [.., D] { by * x + plus }
}
module Twice = Scale(by: 2.0)
model M {
  axis N = 2
  use twice = Twice<N>(plus: 1.0)
  mode forward(x: f32[N]) -> [N] { twice(real(x)) }
}`;
    expect(run(modeOf(text), { x: [1, 2] })).toEqual([3, 5]);
  });

  test("a mode is a fn for other modes; parts of parts are called through them", () => {
    const text = `import { Linear } from "std/layers"
module Inner<D> {
  use proj = Linear<D, D>(biased: false)
  fn forward(x: [.., D]) -> [.., D] { proj(x) }
}
model M {
  axis D = 1
  use inner = Inner<D>()
  mode twice(x: f32[B, D]) -> [B, D] { inner(inner.proj(real(x))) }
  mode forward(y: f32[B, D]) -> [B] { sum{D}(twice(y)) + sum{D}(inner.proj.weight * rename{D -> E}(inner.proj.weight)) |> total }
  fn total(x: [..]) -> [..] { x }
}`.replace(" + sum{D}(inner.proj.weight * rename{D -> E}(inner.proj.weight)) |> total", "");
    expect(run(modeOf(text), { y: [5], "inner.proj.weight": [3] })).toEqual([45]);
  });
});

describe("instances decide what the generic check leaves open", () => {
  const halves = (size: number) => `module Halves<D> where D % 2 == 0 {
  axis Half = D / 2
  fn forward(x: [.., D]) -> [..] { sum{D}(x) }
}
model M {
  axis D = ${size}
  use halves = Halves<D>()
  mode forward(x: f32[B, D]) -> [B] { halves(real(x)) }
}`;

  test("a fact that holds", () => {
    expect(run(modeOf(halves(2)), { x: [1, 2] })).toEqual([3]);
  });

  test("a fact that an override makes false", () => {
    expect(elaborateText(halves(2), "M", "forward", [{ path: "D", value: 3 }]).codes).toEqual([
      "fact-false",
    ]);
  });

  test.each([
    [{ path: "D", value: 2 }, "idle-override"],
    [{ path: "E", value: 2 }, "unknown-override"],
    [{ path: "halves.D", value: 4 }, "override-of-alias"],
    [{ path: "D", value: true }, "argument-type"],
  ] as const)("%o", (override, code) => {
    expect(elaborateText(halves(2), "M", "forward", [override]).codes).toEqual([code]);
  });

  test("a part that is not there", () => {
    const text = `import { RmsNorm } from "std/layers"
model M(normed: bool = false) {
  axis D = 2
  use norm = RmsNorm<D>(1e-3) if normed
  mode forward(x: f32[D]) -> [D] { norm(real(x)) }
}`;
    expect(elaborateText(text, "M", "forward").codes).toEqual(["absent-value"]);
    expect(elaborateText(text, "M", "forward", [{ path: "norm.eps", value: 1 }]).codes).toEqual([
      "override-in-absent-part",
    ]);
    expect(elaborateText(text, "M", "forward", [{ path: "normed", value: true }]).codes).toEqual(
      [],
    );
  });
});

describe("InternViT", () => {
  test.each([
    ["InternViT_6B", 5_902_793_600],
    ["InternViT_tiny", undefined],
  ])("%s has the parameters that it should", (model, total) => {
    const { mode, codes } = elaborateFile(internvit, model, "forward");
    expect(codes).toEqual([]);
    if (mode === undefined) return;
    expectWellTyped(mode);
    const count = mode.model.stored.reduce(
      (sum, { shape }) =>
        sum + shape.reduce<number>((product, size) => product * (size ?? Number.NaN), 1),
      0,
    );
    if (total !== undefined) expect(count).toBe(total);
    const last = mode.graph.stored
      .map((one) => one.path)
      .filter((path) => path.startsWith("encoder.layers.3."));
    expect(last).toEqual([
      "encoder.layers.3.norm1.weight",
      "encoder.layers.3.norm2.weight",
      "encoder.layers.3.attn.qkv.weight",
      "encoder.layers.3.attn.q_norm.weight",
      "encoder.layers.3.attn.k_norm.weight",
      "encoder.layers.3.attn.proj.weight",
      "encoder.layers.3.attn.proj.bias",
      "encoder.layers.3.mlp.fc1.weight",
      "encoder.layers.3.mlp.fc1.bias",
      "encoder.layers.3.mlp.fc2.weight",
      "encoder.layers.3.mlp.fc2.bias",
      "encoder.layers.3.ls1",
      "encoder.layers.3.ls2",
    ]);
  });

  test("dense features leave the last blocks out", () => {
    const { mode } = elaborateFile(internvit, "InternViT_tiny", "dense");
    const layers = new Set(
      mode?.graph.stored.flatMap((one) => /layers\.(\d+)/.exec(one.path)?.[1] ?? []),
    );
    expect([...layers]).toEqual(["0"]);
    expect(mode?.model.stored.some((one) => one.path.startsWith("encoder.layers.3."))).toBe(true);
  });

  test("other sizes by override", () => {
    const { mode } = elaborateFile(internvit, "InternViT_tiny", "forward", [
      { path: "image", value: 84 },
    ]);
    const [output] = mode?.graph.outputs ?? [];
    const sizes = output?.value.type.axes.slice(1).map((axis) => mode?.sizes.valueOf(axis.size));
    expect(sizes).toEqual([37, 64]);
  });

  test("the 6B model is elaborated well within half a second", () => {
    elaborateFile(internvit, "InternViT_6B", "forward");
    const before = process.cpuUsage();
    const { mode } = elaborateFile(internvit, "InternViT_6B", "forward");
    const { user, system } = process.cpuUsage(before);
    // Processor time, and a generous limit, for a machine that does other things at the same time.
    expect((user + system) / 1000).toBeLessThan(2500);
    expect(mode?.graph.stored.length).toBe(4 + 48 * 13);
  });
});
