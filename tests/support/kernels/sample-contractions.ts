import { call, floatConstant, intConstant, select } from "../../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../../compiler/ir/expr/expr-form.ts";
import type { Statistic } from "../../../compiler/ir/kernel/loops.ts";
import {
  at,
  type ContractionOptions,
  contraction,
  load,
  real,
  reduced,
  SampleBuilder,
  type SampleKernel,
} from "./sample-kernels.ts";

interface RichOptions {
  readonly batch?: number;
  readonly products?: 1 | 2 | 3;
  readonly statistics?: boolean;
  /** Stores a statistic beside the product, once per row. */
  readonly rowSums?: boolean;
}

/**
 * What fusion can make of a product: operands that are computed where they are read, further products of
 * the same rows, statistics of the rows, two results of which one is turned round.
 */
export function richContraction(
  m: number,
  k: number,
  n: number,
  { batch = 1, products = 2, statistics = true, rowSums = false }: RichOptions = {},
): SampleKernel {
  const build = new SampleBuilder();
  const [b, r, c, i] = [build.axis(batch), build.axis(m), build.axis(n), build.axis(k)];
  const x = build.tensor("input", [batch, m, k]);
  const gain = build.tensor("parameter", [k]);
  const weights = Array.from({ length: products }, (_, place) =>
    build.tensor("parameter", place === 1 ? [k, n] : [n, k]),
  );
  const residual = build.tensor("input", [batch, m, n]);
  const y = build.tensor("output", [batch, m, n]);
  const turned = build.tensor("output", [n, batch, m]);
  const sums = rowSums ? [build.tensor("output", [m, batch])] : [];
  const left = real(
    "mul",
    real("max", load(x, at(b), at(r), at(i)), floatConstant(-0.25)),
    load(gain, at(i)),
  );
  const rights = weights.map((weight, place): Expr => {
    const element = place === 1 ? load(weight, at(i), at(c)) : load(weight, at(c), at(i));
    if (place !== 2) return element;
    // Every third position is left out, as a mask or a padded convolution would.
    const isOut = call("eq", [call("mod", [at(i), intConstant(3)], "i32"), intConstant(1)], "bool");
    return select(isOut, floatConstant(0), element);
  });
  const [right, ...others] = rights;
  if (right === undefined) throw new Error("there is at least one product");
  const measured: readonly Statistic[] = [
    { combine: "sum", value: real("mul", left, left), type: "f32" },
    { combine: "sum", value: real("neg", left), type: "f32" },
  ];
  let value: Expr = rights
    .map((_, place) => reduced(place))
    .reduce((sum, next, place) =>
      place === 1 ? real("mul", sum, real("add", next, floatConstant(1))) : real("add", sum, next),
    );
  if (statistics) {
    const scale = real("rsqrt", real("add", reduced(products), floatConstant(1)));
    value = real("add", real("mul", value, scale), reduced(products + 1));
  }
  return build.done(
    `rich contraction ${batch} x ${m}x${k}x${n}, ${products} products`,
    {
      kind: "contract",
      batch: [b],
      rows: [r],
      columns: [c],
      inner: [i],
      left,
      right,
      ...(others.length > 0 ? { others } : {}),
      ...(statistics || rowSums ? { statistics: measured } : {}),
    },
    [
      {
        tensor: y,
        at: [at(b), at(r), at(c)],
        value: real("add", value, load(residual, at(b), at(r), at(c))),
      },
      { tensor: turned, at: [at(c), at(b), at(r)], value: real("mul", value, floatConstant(0.5)) },
      ...sums.map((tensor) => ({
        tensor,
        at: [at(r), at(b)],
        value: real("mul", reduced(products), floatConstant(0.25)),
        perRow: true,
      })),
    ],
    2 * products * batch * m * k * n,
  );
}

/** Sizes around the edges of tiles, not the whole cube of them: rows, inner, columns. */
export const edgeSizes: readonly (readonly [number, number, number])[] = [
  [1, 1, 33],
  [3, 128, 31],
  [127, 33, 129],
  [1, 257, 129],
  [33, 257, 31],
  [7, 31, 127],
  [4, 33, 257],
  [257, 31, 33],
  [129, 64, 33],
  [0, 33, 40],
  [33, 40, 0],
  [5, 0, 40],
];

export function edgeSamples(
  sizes = edgeSizes,
  options: ContractionOptions = {},
): readonly SampleKernel[] {
  return sizes.map(([m, k, n]) => contraction(m, k, n, { epilogue: true, ...options }));
}

/** Enough of them for every size of tile to be worth its while. */
export function manyTiles(): readonly SampleKernel[] {
  return [
    contraction(66, 17, 67, { epilogue: true, batch: 160 }),
    contraction(34, 20, 36, { epilogue: true, batch: 160 }),
  ];
}

export function richSamples(): readonly SampleKernel[] {
  return [
    richContraction(1, 68, 34),
    richContraction(4, 132, 33, { batch: 2 }),
    richContraction(3, 257, 9, { products: 1 }),
    richContraction(33, 36, 68),
    richContraction(17, 37, 41, { batch: 3, products: 3 }),
    richContraction(36, 33, 34, { statistics: false, products: 3 }),
    richContraction(4, 68, 36, { products: 1, rowSums: true }),
    richContraction(35, 37, 70, { batch: 2, rowSums: true }),
    richContraction(18, 40, 300, { statistics: false, products: 1, rowSums: true }),
  ];
}
