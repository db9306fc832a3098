import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopAxis } from "../../../../ir/kernel/loops.ts";
import type { LoopNest } from "../../../../ir/loop-nests.ts";
import type { Block } from "../../writer/block.ts";
import {
  type KernelWriter,
  mergedPositions,
  placed,
  placedStore,
} from "../../writer/kernel-writer.ts";
import { largestFloat, literal } from "../../writer/literals.ts";
import { type AttendBack, backWork, maskText, writeWeightAndSlope } from "./attend-back-score.ts";
import { elementStores, storeRow } from "./attend-result.ts";

/**
 * One invocation per query row, or per key: its operands and its results in private arrays, the others one
 * after the other.
 */
export function writeAttendBackDirect(
  writer: KernelWriter,
  engine: AttendBack,
  nest: LoopNest<"attend-back-direct">,
): void {
  const { root, printer } = writer;
  const { rows: own, others, score, slope, sums } = backWork(writer, engine);
  const rowAxes = [...engine.batch, ...own];
  const rows = extentOfAll(rowAxes);
  const row = writer.define("row", writer.invocationNumber(nest.groupsPerLine), rows, root);
  writer.guard("row", rows);
  const outer = unflatten(rowAxes, row.expr);
  const over = (
    block: Block,
    name: string,
    axes: readonly LoopAxis[],
    at: ReadonlyMap<number, Expr>,
    body: (place: (expr: Expr) => Expr, name: string, inside: Block) => void,
  ): void => {
    writer.loop(block, name, extentOfAll(axes), 1, (variable, inside) => {
      const positions = mergedPositions(at, unflatten(axes, variable.expr));
      body(placed(positions), variable.name, inside);
    });
  };

  const products = [
    { ...score, array: "scored", name: "score" },
    { ...slope, array: "sloped", name: "slope" },
  ];
  for (const { axes, row: operand, array } of products) {
    root.add(`var ${array}: array<f32, ${Math.max(1, extentOfAll(axes))}>;`);
    over(root, `${array}At`, axes, outer, (place, at, inside) => {
      inside.add(`${array}[${at}] = ${printer.scalar(place(operand), inside)};`);
    });
  }
  sums.forEach(({ axes }, n) => {
    root.add(`var sum${n}: array<f32, ${Math.max(1, extentOfAll(axes))}>;`);
  });
  if (engine.side === "queries") {
    root.add(`let rowLogSum = ${printer.scalar(placed(outer)(engine.logSum), root)};`);
    root.add("var rowDelta = 0.0f;");
    over(root, "ofDelta", engine.valueAxes, outer, (place, at, inside) => {
      const share = printer.scalar(place(engine.share), inside);
      inside.add(`rowDelta = fma(sloped[${at}], ${share}, rowDelta);`);
    });
    storeRow(writer, outer, "rowDelta", root);
  }

  const perOther = (block: Block): void => {
    const other = writer.variable("other", extentOfAll(others), block);
    const at = mergedPositions(outer, unflatten(others, other.expr));
    const isRow = engine.side === "queries";
    const ofQuery = (expr: Expr): string => printer.scalar(placed(at)(expr), block);
    block.add(`let logSum = ${isRow ? "rowLogSum" : ofQuery(engine.logSum)};`);
    block.add(`let delta = ${isRow ? "rowDelta" : ofQuery(engine.share)};`);
    const weigh = (body: Block): void => {
      for (const { name, axes, other: operand, array } of products) {
        body.add(`var ${name} = 0.0f;`);
        over(body, `${name}At`, axes, at, (place, step, inside) => {
          const text = printer.scalar(place(operand), inside);
          inside.add(`${name} = fma(${array}[${step}], ${text}, ${name});`);
        });
      }
      const open = engine.mask === undefined ? undefined : "isOpen";
      const names = { score: "score", slope: "slope", logSum: "logSum", delta: "delta" };
      writeWeightAndSlope(writer, engine, { ...names, open, at: [at] }, body);
      sums.forEach(({ axes, of, operand }, n) => {
        const factor = of === "slope" ? "slope" : "score";
        over(body, `sum${n}At`, axes, at, (place, step, inside) => {
          const text = printer.scalar(place(operand), inside);
          inside.add(`sum${n}[${step}] = fma(${factor}, ${text}, sum${n}[${step}]);`);
        });
      });
    };
    if (engine.mask === undefined) weigh(block);
    else {
      block.add(`let isOpen = ${maskText(writer, engine.mask, at, block)};`);
      // What is not seen has no weight, unless its row sees nothing.
      const lowest = literal(-largestFloat, "f32");
      block.nest(`if (isOpen || logSum == ${lowest})`, weigh, { isConditional: true });
    }
  };
  const otherCount = extentOfAll(others);
  if (sums.length > 0) {
    const head = `for (var other = 0; other < ${writer.bound(otherCount)}; other++)`;
    root.nest(head, perOther, { isConditional: otherCount === 0 });
  }
  sums.forEach(({ axes, of }, n) => {
    over(root, `out${n}`, axes, outer, (place, at, block) => {
      block.add(`let result${n} = sum${n}[${at}];`);
      const result = writer.result(`result${n}`, 1, block);
      const put = placed(new Map(), result, result);
      for (const store of elementStores(writer)) {
        if ((store.along === 1) !== (of === "weight")) continue;
        printer.store(placedStore(placedStore(store, place), put), undefined, block);
      }
    });
  });
}
