import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
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
import { range } from "../../writer/range.ts";
import {
  type AttendBack,
  type BackWork,
  backWork,
  maskText,
  writeWeightAndSlope,
} from "./attend-back-score.ts";
import { elementStores, storeRows } from "./attend-result.ts";
import { declareExists, declareFour, overLanes } from "./attend-tile.ts";
import { declareLoadedRows, singleTile, writeProducts } from "./broadcast-products.ts";
import { addWeighted, declareSums, type OwnColumns, overParts, ownColumns } from "./own-columns.ts";

type BackNest = LoopNest<"attend-back-broadcast">;

/** What a subgroup works on. */
interface Tile {
  readonly batch: ReadonlyMap<number, Expr>;
  /** The rows, each in all lanes; beyond the end the last one. */
  readonly rows: readonly Expr[];
  readonly work: BackWork;
  /** The columns of each sum. */
  readonly columns: readonly OwnColumns[];
}

/**
 * `rows` queries per subgroup against 4 * `lanes` keys at a time, or keys against queries, without barriers
 * (the way back of FlashAttention-2, Dao, 2023, with a kernel for each side in the place of atomic sums). Each
 * lane owns four of the others for the scores and columns of four for the sums; what the lanes exchange goes by
 * broadcast. Tiles of which the mask lets nothing through are left out.
 */
export function writeAttendBackBroadcast(
  writer: KernelWriter,
  engine: AttendBack,
  nest: BackNest,
): void {
  const { root } = writer;
  const tile = declareTile(writer, engine, nest);
  const { work, columns } = tile;
  const rows = declareLoadedRows(writer, tile.batch, work.rows, nest);
  for (const own of columns) for (const row of range(nest.rows)) declareSums(own, row, root);
  if (engine.side === "queries") declareRowNumbers(writer, engine, nest, tile);
  writer.hidesUniformity = engine.mask !== undefined;
  const count = extentOfAll(work.others);
  const perTile = 4 * nest.lanes;
  const end = `${writer.bound(Math.ceil(count / perTile))} * ${perTile}`;
  if (columns.length > 0) {
    root.nest(`for (var first = 0; first < ${end}; first += ${perTile})`, (block) => {
      const others = declareFour(
        writer,
        { first: "first", name: "other" },
        count,
        nest.lanes,
        block,
      );
      if (count % perTile !== 0) declareExists("first", count, nest.lanes, block);
      if (engine.side === "keys") declareOtherNumbers(writer, engine, tile, others, block);
      const fill = (inside: Block): void => {
        const of = { others: work.others, ...singleTile("first", count, nest.lanes) };
        const score = { ...work.score, ...of, name: "score", step: "k" };
        const slope = { ...work.slope, ...of, name: "slope", step: "c" };
        writeProducts(writer, nest.lanes, rows, others, score, inside);
        writeProducts(writer, nest.lanes, rows, others, slope, inside);
        writeWeights(writer, engine, nest, tile, others, inside);
        addSums(writer, tile, inside);
      };
      const { mask } = engine;
      if (mask === undefined) fill(block);
      else block.nest(`if (${isSeen(writer, engine, mask, nest, tile, others, block)})`, fill);
    });
  }
  storeSums(writer, nest, tile);
}

function declareTile(writer: KernelWriter, engine: AttendBack, nest: BackNest): Tile {
  const { root } = writer;
  const work = backWork(writer, engine);
  const id = writer.builtin("workgroup_id");
  root.add(`let lane = i32(${writer.builtin("subgroup_invocation_id")});`);
  const batchCount = extentOfAll(engine.batch);
  const batch =
    batchCount > 1 ? writer.define("batch", `i32(${id}.z)`, batchCount, root).expr : intConstant(0);
  root.add(`let firstRow = i32(${id}.x) * ${nest.rows};`);
  const count = extentOfAll(work.rows);
  const rows = range(nest.rows).map((row) => {
    const at = row === 0 ? "firstRow" : `firstRow + ${row}`;
    const limited = count % nest.rows === 0 ? at : `min(${at}, ${count - 1})`;
    return writer.define(`ownRow${row}`, limited, count, root).expr;
  });
  const columns = work.sums.map(({ axes }, n) => ownColumns(axes, nest, (row) => `sum${n}_${row}`));
  return { batch: unflatten(engine.batch, batch), rows, work, columns };
}

/** Of each query row in all lanes: the logarithm of its sum, and delta, which is stored too. */
function declareRowNumbers(
  writer: KernelWriter,
  engine: AttendBack,
  nest: BackNest,
  tile: Tile,
): void {
  const { root, printer } = writer;
  const at = tile.rows.map((row) => mergedPositions(tile.batch, unflatten(engine.queries, row)));
  at.forEach((positions, row) => {
    const logSum = printer.scalar(placed(positions)(engine.logSum), root);
    root.add(`let logSum${row} = ${logSum};`, `var own${row} = 0.0f;`);
  });
  const count = extentOfAll(engine.valueAxes);
  const stride = { first: "lane", step: nest.lanes, end: String(count) };
  const add = (column: LoopVariable, block: Block): void =>
    at.forEach((positions, row) => {
      const place = placed(mergedPositions(positions, unflatten(engine.valueAxes, column.expr)));
      const [gradient, share] = [engine.gradient, engine.share].map((operand) =>
        printer.scalar(place(operand), block),
      );
      block.add(`own${row} = fma(${gradient}, ${share}, own${row});`);
    });
  writer.loop(root, "ofDelta", count, 1, add, stride);
  for (const row of range(nest.rows)) {
    root.add(`let delta${row} = ${overLanes("sum", `own${row}`, nest.lanes)};`);
  }
  const deltas = range(nest.rows).map((row) => `delta${row}`);
  storeRows(writer, tile.batch, engine.queries, deltas);
}

/** The same of the four queries of this lane. */
function declareOtherNumbers(
  writer: KernelWriter,
  engine: AttendBack,
  tile: Tile,
  others: readonly LoopVariable[],
  block: Block,
): void {
  for (const [name, operand] of [
    ["logSum", engine.logSum],
    ["delta", engine.share],
  ] as const) {
    const four = others.map((other) => {
      const at = mergedPositions(tile.batch, unflatten(engine.queries, other.expr));
      return writer.printer.scalar(placed(at)(operand), block);
    });
    block.add(`let ${name} = vec4f(${four.join(", ")});`);
  }
}

/** Positions of a row and of the four others of this lane. */
function positionsOf(
  { batch, rows, work }: Tile,
  row: number,
  others: readonly LoopVariable[],
): ReadonlyMap<number, Expr>[] {
  const own = unflatten(work.rows, rows[row] ?? intConstant(0));
  return others.map((other) => mergedPositions(batch, own, unflatten(work.others, other.expr)));
}

/**
 * Declares `open<row>`, what the mask lets through, and gives the test whether any lane needs this tile: from
 * the keys' side also where a query sees nothing at all and weighs all keys equally.
 */
function isSeen(
  writer: KernelWriter,
  engine: AttendBack,
  mask: Expr,
  nest: BackNest,
  tile: Tile,
  others: readonly LoopVariable[],
  block: Block,
): string {
  const isRagged = extentOfAll(tile.work.others) % (4 * nest.lanes) !== 0;
  const tests = tile.rows.map((_, row) => {
    const four = positionsOf(tile, row, others).map((at) => maskText(writer, mask, at, block));
    const open = `vec4<bool>(${four.join(", ")})`;
    block.add(`let open${row} = ${isRagged ? `${open} & exists` : open};`);
    return `any(open${row})`;
  });
  if (engine.side === "keys") {
    tests.push(`any(logSum == vec4f(${literal(-largestFloat, "f32")}))`);
  }
  return `subgroupAny(${tests.join(" || ")})`;
}

function writeWeights(
  writer: KernelWriter,
  engine: AttendBack,
  nest: BackNest,
  tile: Tile,
  others: readonly LoopVariable[],
  block: Block,
): void {
  const isRagged = extentOfAll(tile.work.others) % (4 * nest.lanes) !== 0;
  const isRow = engine.side === "queries";
  for (const row of range(nest.rows)) {
    const open = engine.mask !== undefined ? `open${row}` : isRagged ? "exists" : undefined;
    const names = {
      score: `score${row}`,
      slope: `slope${row}`,
      logSum: isRow ? `vec4f(logSum${row})` : "logSum",
      delta: isRow ? `vec4f(delta${row})` : "delta",
    };
    const at = positionsOf(tile, row, others);
    writeWeightAndSlope(writer, engine, { ...names, open, at }, block);
    // Rows that see nothing weigh all there is, and no more.
    if (isRagged && !isRow) block.add(`score${row} = select(vec4f(), score${row}, exists);`);
  }
}

function addSums(writer: KernelWriter, { batch, work, columns }: Tile, block: Block): void {
  work.sums.forEach(({ of, operand }, n) => {
    const own = columns[n];
    if (own === undefined) return;
    addWeighted(
      writer,
      own,
      {
        batch,
        others: work.others,
        operand,
        first: "first",
        weight: (row) => `${of === "slope" ? "slope" : "score"}${row}`,
        names: { column: `column${n}`, first: `from${n}`, value: `at${n}_` },
      },
      block,
    );
  });
}

function storeSums(writer: KernelWriter, nest: BackNest, { batch, work, columns }: Tile): void {
  work.sums.forEach(({ of }, n) => {
    const own = columns[n];
    if (own === undefined) return;
    const stores = elementStores(writer).filter(({ along }) => (along === 1) === (of === "weight"));
    overParts(writer, own, `stored${n}`, writer.root, (column, inPart) => {
      const names = range(nest.rows).map((row) => own.sum(row, 0));
      const storeRow = (row: LoopVariable, [sum = ""]: readonly string[], block: Block): void => {
        const name = writer.printer.name(sum, block, "result");
        const result = writer.result(name, 4, block);
        const at = mergedPositions(
          batch,
          unflatten(work.rows, row.expr),
          unflatten(own.axes, column.expr),
        );
        const put = placed(at, result, result);
        const store = (inside: Block): void =>
          writer.storeFour(
            stores.map((one) => placedStore(one, put)),
            column,
            extentOfAll(own.axes),
            inside,
          );
        if (column.isBeyond === undefined) store(block);
        else block.nest(`if (!(${column.isBeyond}))`, store);
      };
      const count = extentOfAll(work.rows);
      const block = { first: "firstRow", name: `out${n}_` };
      writer.storeInTurns(inPart, [names], count, storeRow, block);
    });
  });
}
