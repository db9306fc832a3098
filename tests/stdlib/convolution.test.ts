import { expect, test } from "vitest";
import { memoryLoader } from "../../compiler/api/load/memory-loader.ts";
import { expectSlopes, feedsOf } from "../support/graphs/slopes.ts";
import { trainingSteps } from "../support/models/training-steps.ts";

interface Convolution {
  readonly kind: "Conv" | "TransposedConv";
  readonly rank: 1 | 2;
  readonly kernel: readonly number[];
  readonly sizes: readonly number[];
  readonly stride: number;
  readonly pad: number;
  readonly dilate: number;
  readonly groups: number;
  /** Behind the last, of transposed ones. */
  readonly grow?: number;
}

const [batch, inputs, outputs] = [2, 4, 6];
const both: readonly Convolution[] = [
  { kind: "Conv", rank: 1, kernel: [3], sizes: [9], stride: 2, pad: 2, dilate: 2, groups: 2 },
  { kind: "Conv", rank: 2, kernel: [3, 2], sizes: [5, 7], stride: 2, pad: 1, dilate: 2, groups: 2 },
  {
    kind: "TransposedConv",
    rank: 1,
    kernel: [4],
    sizes: [5],
    stride: 3,
    pad: 1,
    dilate: 1,
    groups: 2,
    grow: 2,
  },
  {
    kind: "TransposedConv",
    rank: 1,
    kernel: [3],
    sizes: [4],
    stride: 3,
    pad: 2,
    dilate: 2,
    groups: 1,
    grow: 1,
  },
  {
    kind: "TransposedConv",
    rank: 2,
    kernel: [3, 2],
    sizes: [3, 4],
    stride: 2,
    pad: 1,
    dilate: 3,
    groups: 2,
  },
];

/** How far the result reaches along each axis. */
function resultSizes({
  kind,
  kernel,
  sizes,
  stride,
  pad,
  dilate,
  grow = 0,
}: Convolution): readonly number[] {
  return sizes.map((size, n) => {
    const reach = dilate * ((kernel[n] ?? 1) - 1) + 1;
    return kind === "Conv"
      ? Math.floor((size + 2 * pad - reach) / stride) + 1
      : (size - 1) * stride + reach + grow - 2 * pad;
  });
}

/** The loss is the sum of a convolution times given numbers, so that each of its elements counts on its own. */
function stageOf(one: Convolution): string {
  const { kind, rank, kernel, sizes, stride, pad, dilate, groups, grow } = one;
  const from = ["Y", "X"].slice(0, rank);
  const to = ["Y2", "X2"].slice(0, rank);
  const settings = Object.entries({
    stride,
    pad,
    dilate,
    groups,
    ...(grow !== undefined && { grow }),
  });
  const axes = [
    ...from.map((axis, n) => [axis, sizes[n]]),
    ...to.map((axis, n) => [axis, resultSizes(one)[n]]),
  ];
  return `import { ${kind}${rank}d } from "std/convolution"
import { normal } from "std/initializers"
import { Sgd } from "std/optimizers"
model M {
  axis Sample = ${batch}
  axis In = ${inputs}
  axis Out = ${outputs}
${axes.map(([axis, size]) => `  axis ${axis} = ${size}`).join("\n")}
  param x: [Sample, In, ${from}] = normal(std: 1.0)
  use conv = ${kind}${rank}d<In, Out, ${kernel}>(${settings.map(([name, value]) => `${name}: ${value}`)})
}
stage s of M(g: f32[Sample, Out, ${to}]) {
  train everything else at lr 0.1
  optimizer Sgd()
  batch 1
  steps 1
  loss { sum{Sample, Out, ${to}}(f32(conv.forward{${to}}(x)) * g) }
}
`;
}

type Numbers = Readonly<Record<"x" | "weight" | "bias" | "g", ArrayLike<number>>>;

/** The same loss by the definition: every tap of every element on its own. */
function lossOf(one: Convolution, { x, weight, bias, g }: Numbers): number {
  const { kind, kernel, sizes, stride, pad, dilate, groups } = one;
  const [height = 1, width = 1] = sizes;
  const [rows = 1, columns = 1] = resultSizes(one);
  const [ky = 1, kx = 1] = kernel;
  const isTransposed = kind === "TransposedConv";
  const [own, made] = [inputs / groups, outputs / groups];
  const at = (data: ArrayLike<number>, n: number): number => data[n] ?? Number.NaN;
  let loss = 0;
  for (let place = 0; place < g.length; place++)
    loss += at(g, place) * at(bias, Math.floor(place / (rows * columns)) % outputs);
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < inputs; i++)
      for (let o = Math.floor(i / own) * made; o < (Math.floor(i / own) + 1) * made; o++)
        for (let k = 0; k < ky * kx; k++)
          for (let n = 0; n < (isTransposed ? height * width : rows * columns); n++) {
            const [dy, dx] = [
              Math.floor(k / kx) * dilate - pad,
              sizes.length === 1 ? 0 : (k % kx) * dilate - pad,
            ];
            const line = isTransposed ? width : columns;
            const step = sizes.length === 1 ? 1 : stride;
            const [far, wide] = [Math.floor(n / line) * stride + dy, (n % line) * step + dx];
            const [y, z] = isTransposed ? [Math.floor(n / line), far] : [far, Math.floor(n / line)];
            const [c, d] = isTransposed ? [n % line, wide] : [wide, n % line];
            if (
              y < 0 ||
              y >= height ||
              z < 0 ||
              z >= rows ||
              c < 0 ||
              c >= width ||
              d < 0 ||
              d >= columns
            )
              continue;
            const tap = isTransposed
              ? (i * made + (o % made)) * ky * kx + k
              : (o * own + (i % own)) * ky * kx + k;
            const from = ((b * inputs + i) * height + y) * width + c;
            const to = ((b * outputs + o) * rows + z) * columns + d;
            loss += at(x, from) * at(weight, tap) * at(g, to);
          }
  return loss;
}

test.each(both)(
  "$kind $rank-D, stride $stride, dilated by $dilate, in $groups groups: values and gradients",
  (one) => {
    const loader = memoryLoader("convolution.weft", stageOf(one));
    const made = trainingSteps({ entry: "convolution.weft", loader, stage: "s" });
    const [step] = made.steps;
    if (step === undefined) throw new Error("no step");
    const feeds = feedsOf(step, 3);
    const loss = expectSlopes(step, feeds, ["x", "conv.weight", "conv.bias"]);
    const named = new Map([
      ...step.graph.stored.map(({ path, value }) => [path, value] as const),
      ...step.graph.inputs.map(({ name, value }) => [name, value] as const),
    ]);
    const data = (name: string): ArrayLike<number> => {
      const value = named.get(name);
      return (value && feeds.get(value)?.data) ?? [];
    };
    const right = lossOf(one, {
      x: data("x"),
      weight: data("conv.weight"),
      bias: data("conv.bias"),
      g: data("g"),
    });
    expect(loss).toBeCloseTo(right, 10);
  },
);
