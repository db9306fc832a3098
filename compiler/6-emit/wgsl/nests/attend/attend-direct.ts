import type { Expr } from "../../../../ir/expr/expr-form.ts";
import type { Engine } from "../../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopNest } from "../../../../ir/loop-nests.ts";
import type { Block } from "../../writer/block.ts";
import {
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
  placedStore,
} from "../../writer/kernel-writer.ts";
import { largestFloat, literal } from "../../writer/literals.ts";
import { elementStores, storeRow } from "./attend-result.ts";
import { scoreText, weightText } from "./attend-score.ts";
import { declareKeyEnd, hasNextKey } from "./key-end.ts";

/**
 * One invocation per query: online softmax (Milakov and Gimelshein, 2018) over the keys, the query and
 * the result in private arrays. A row whose keys are all masked weighs them equally, as softmax of equal
 * scores does.
 */
export function writeAttendDirect(
  writer: KernelWriter,
  engine: Engine<"attend">,
  nest: LoopNest<"attend-direct">,
): void {
  const { root, printer, planner } = writer;
  const inner = extentOfAll(engine.inner);
  const values = extentOfAll(engine.valueAxes);
  const rowAxes = [...engine.batch, ...engine.queries];
  const rows = extentOfAll(rowAxes);
  const row = writer.define("row", writer.invocationNumber(nest.groupsPerLine), rows, root);
  writer.guard("row", rows);
  const outer = unflatten(rowAxes, row.expr);
  const over = (
    block: Block,
    name: string,
    extent: number,
    axes: Parameters<typeof unflatten>[0],
    at: ReadonlyMap<number, Expr>,
    body: (place: (expr: Expr) => Expr, variable: LoopVariable, inside: Block) => void,
  ): void => {
    writer.loop(block, name, extent, 1, (variable, inside) => {
      body(placed(mergedPositions(at, unflatten(axes, variable.expr))), variable, inside);
    });
  };

  root.add(`var query: array<f32, ${inner}>;`, `var result: array<f32, ${values}>;`);
  over(root, "i", inner, engine.inner, outer, (place, variable, block) => {
    const query = printer.scalar(place(engine.query), block);
    block.add(`query[${variable.name}] = ${query} * ${literal(engine.scale, "f32")};`);
  });
  root.add(`var top = ${literal(-largestFloat, "f32")};`, "var total = 0.0f;");
  const keyCount = extentOfAll(engine.keys);
  const keyEnd = declareKeyEnd(writer, engine, [outer], root);
  const isNext = hasNextKey("key", writer.bound(keyCount), keyEnd, ["top"]);
  const perKey = (block: Block): void => {
    const key = writer.variable("key", keyCount, block);
    const atKey = mergedPositions(outer, unflatten(engine.keys, key.expr));
    const score = (body: Block): void => {
      body.add("score = 0.0f;");
      over(body, "j", inner, engine.inner, atKey, (place, variable, inside) => {
        const text = printer.scalar(place(engine.key), inside);
        inside.add(`score = fma(query[${variable.name}], ${text}, score);`);
      });
      const text = scoreText(writer, engine, { name: "score", scale: 1, at: [atKey] }, 1, body);
      if (text !== "score") body.add(`score = ${text};`);
    };
    block.add(`var score = ${literal(-largestFloat, "f32")};`);
    if (engine.mask === undefined) score(block);
    else {
      const mask = printer.scalar(placed(atKey)(engine.mask), block);
      block.nest(`if (${mask})`, score, { isConditional: true });
    }
    block.add(
      "let next = max(top, score);",
      `let shrink = ${weightText({ power: "exp" }, "top", "next", "f32")};`,
      `let weight = ${weightText({ power: "exp" }, "score", "next", "f32")};`,
      "top = next;",
      "total = fma(total, shrink, weight);",
    );
    over(block, "d", values, engine.valueAxes, atKey, (place, variable, inside) => {
      const text = printer.scalar(place(engine.value), inside);
      const at = `result[${variable.name}]`;
      inside.add(`${at} = fma(${at}, shrink, weight * ${text});`);
    });
  };
  const isEmpty = keyCount === 0;
  root.nest(`for (var key = 0; ${isNext}; key++)`, perKey, { isConditional: isEmpty });
  storeRow(writer, outer, "top + log(total)", root);
  over(root, "e", values, engine.valueAxes, outer, (place, variable, block) => {
    block.add(`let attended = result[${variable.name}] / total;`);
    planner.variables.bindReduced(0, "attended", block, 1);
    for (const store of elementStores(writer)) {
      printer.store(placedStore(store, place), undefined, block);
    }
  });
}
