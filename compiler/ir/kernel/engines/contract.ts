import { nodesOf } from "../../expr/expr-cost.ts";
import type { Expr } from "../../expr/expr-form.ts";
import type { LoopAxis, Statistic, Store } from "../loops.ts";
import { type EngineRecord, pointsOf } from "./engine-record.ts";
import { reducer } from "./reducer.ts";

/**
 * Reduction 0 = sum over `inner` of left(batch, rows, inner) * right(batch, columns, inner), in f32.
 * Then come the products of the same left operand with the `others`, and statistics of the row: what a
 * norm before the product divides by after it, or sums that are stored beside the product, once per row.
 */
export interface ContractEngine {
  readonly kind: "contract";
  readonly batch: readonly LoopAxis[];
  readonly rows: readonly LoopAxis[];
  readonly columns: readonly LoopAxis[];
  readonly inner: readonly LoopAxis[];
  readonly left: Expr;
  readonly right: Expr;
  /** Further right operands, over (batch, columns, inner): reductions 1 and on. */
  readonly others?: readonly Expr[];
  /** The reductions after those, over `inner` of values of (batch, rows, inner). */
  readonly statistics?: readonly Statistic[];
}

/** The right operands of a contraction, in the order of its reductions. */
export function rightsOf({ right, others = [] }: ContractEngine): readonly Expr[] {
  return [right, ...others];
}

/** Are there statistics, and are they wanted once per row only, so that whoever stores its first elements measures it? */
export function measuresOnce(
  { statistics = [], ...engine }: ContractEngine,
  stores: readonly Store[],
): boolean {
  const first = rightsOf(engine).length;
  const values = stores.flatMap(({ perRow, value }) => (perRow === true ? [] : [value]));
  const isRead = nodesOf(values).some((node) => node.kind === "reduced" && node.reduction >= first);
  return statistics.length > 0 && !isRead;
}

export const contract: EngineRecord<ContractEngine> = {
  kind: "contract",
  reads: {
    one: "sums over products of its elements",
    several: "sum over products of its elements",
  },
  loadsOnce: true,
  loops: ({ batch, rows, columns, inner }) => [
    { name: "batch", axes: batch, role: "parallel" },
    { name: "rows", axes: rows, role: "parallel" },
    { name: "columns", axes: columns, role: "parallel", isOfElements: true },
    { name: "inner", axes: inner, role: "inner" },
  ],
  operands(engine) {
    const { batch, rows, columns, inner, left, statistics = [] } = engine;
    const rights = rightsOf(engine);
    return [
      { name: "left", expr: left, over: [batch, rows, inner] },
      ...rights.map((expr, n) => ({
        name: n === 0 ? "right" : `right ${n}`,
        expr,
        over: [batch, columns, inner],
      })),
      ...statistics.map(({ value, combine, type }, n) => ({
        name: `statistic ${n}`,
        expr: value,
        over: [batch, rows, inner],
        reduction: { number: rights.length + n, combine, type },
      })),
    ];
  },
  settings: () => ({}),
  results: (engine) => rightsOf(engine).length + (engine.statistics?.length ?? 0),
  layout: ({ batch, rows, columns }) => [...batch, ...rows, ...columns],
  updateLoops: () => undefined,
  rewrite: (engine, expr, loops) => ({
    ...engine,
    batch: loops(engine.batch),
    rows: loops(engine.rows),
    columns: loops(engine.columns),
    inner: loops(engine.inner),
    left: expr(engine.left),
    right: expr(engine.right),
    ...(engine.others && { others: engine.others.map(expr) }),
    ...(engine.statistics && {
      statistics: engine.statistics.map((own) => ({ ...own, value: expr(own.value) })),
    }),
  }),
  flops(engine) {
    const { batch, rows, columns, inner, statistics = [] } = engine;
    const products = 2 * rightsOf(engine).length * pointsOf(batch, rows, columns, inner);
    return products + statistics.length * pointsOf(batch, rows, inner);
  },
  interpret(engine, { evaluator, storeElement, storeRow }) {
    const { batch, rows, columns, inner, statistics = [] } = engine;
    const left = evaluator.compile(engine.left);
    const products = rightsOf(engine).map((operand, n) => {
      const right = evaluator.compile(operand);
      return reducer(evaluator, n, { combine: "sum", type: "f32" }, inner, () => left() * right());
    });
    const ofRow = statistics.map((own, n) =>
      reducer(evaluator, products.length + n, own, inner, evaluator.compile(own.value)),
    );
    evaluator.loop([...batch, ...rows], () => {
      for (const reduce of ofRow) reduce();
      storeRow();
      evaluator.loop(columns, () => {
        for (const reduce of products) reduce();
        storeElement();
      });
    });
  },
};
