import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { rightsOf } from "../../../../ir/kernel/engines/contract.ts";
import type { Engine } from "../../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopNest } from "../../../../ir/loop-nests.ts";
import type { Block } from "../../writer/block.ts";
import {
  type FourPositions,
  type KernelWriter,
  mergedPositions,
  placed,
  placedStore,
} from "../../writer/kernel-writer.ts";
import { combined } from "../reduction.ts";
import { loadersOf, OperandStaging, type StagedTile } from "./contract-staging.ts";
import { inStretches } from "./long-sums.ts";

type Contract = Engine<"contract">;
type Nest = LoopNest<"contract-tiled">;

/**
 * A tile of `rows` by `columns` per workgroup. All its invocations load a strip of each operand into
 * workgroup memory, turned so that four rows and four columns lie together; then each multiplies its own
 * block of the tile in registers. Whatever an operand computes is computed once per tile and element.
 */
export function writeContractTiled(writer: KernelWriter, engine: Contract, nest: Nest): void {
  const { root } = writer;
  const batch = tileBatch(writer, engine);
  const tiles = stagedTiles(writer, engine, nest, "vec4f");
  const staging = new OperandStaging(writer, engine, batch, tiles);
  const thread = declareThread(writer, engine, nest);
  const sums = thread.sums.flat(3);
  for (const name of sums) root.add(`var ${name} = vec4f();`);
  const count = Math.ceil(extentOfAll(engine.inner) / nest.steps);
  if (count > 0) {
    inStretches(
      writer,
      { count, terms: nest.steps, advance: 1, sums },
      root,
      (first, end, block) => {
        block.nest(`for (var step = ${first}; step < ${end}; step++)`, (inside) => {
          staging.load("step", inside);
          inside.add("workgroupBarrier();");
          multiply(writer, nest, thread, inside);
          inside.add("workgroupBarrier();");
        });
      },
    );
  }
  const statistics = shareStatistics(writer, engine, nest, staging, thread);
  storeBlocks(writer, engine, batch, thread, statistics);
}

/** The position of a tile's workgroup along the batch. */
export function tileBatch(writer: KernelWriter, engine: Contract): ReadonlyMap<number, Expr> {
  const count = extentOfAll(engine.batch);
  if (count <= 1) return unflatten(engine.batch, intConstant(0));
  const id = writer.builtin("workgroup_id");
  return unflatten(engine.batch, writer.define("batch", `i32(${id}.z)`, count, writer.root).expr);
}

/** The operands' tiles, spread over the invocations so that they are loaded side by side where they can. */
export function stagedTiles(
  writer: KernelWriter,
  engine: Contract,
  {
    rows,
    columns,
    steps,
  }: { readonly rows: number; readonly columns: number; readonly steps: number },
  element: StagedTile["element"],
): readonly StagedTile[] {
  const { root } = writer;
  const id = writer.builtin("workgroup_id");
  root.add(
    `let firstRowGroup = i32(${id}.x) * ${rows / 4};`,
    `let firstColumnGroup = i32(${id}.y) * ${columns / 4};`,
  );
  const size = writer.scheduled.workgroupSize;
  let next = 0;
  const spread = (tile: Omit<StagedTile, "firstThread">): StagedTile => {
    const count = loadersOf({ ...tile, firstThread: 0 });
    const firstThread = next + count > size ? 0 : next;
    next = (firstThread + count) % size;
    return { ...tile, firstThread };
  };
  const left = spread({
    name: "left",
    value: engine.left,
    axes: engine.rows,
    groups: rows / 4,
    steps,
    element,
    firstGroup: "firstRowGroup",
    statistics: engine.statistics ?? [],
  });
  const rights = rightsOf(engine).map((value, n) =>
    spread({
      name: `right${n}`,
      value,
      axes: engine.columns,
      groups: columns / 4,
      steps,
      element,
      firstGroup: "firstColumnGroup",
      statistics: [],
    }),
  );
  return [left, ...rights];
}

/** What one invocation owns: blocks of four rows by four columns, `across` groups apart. */
interface Thread {
  readonly rowBlocks: readonly { readonly group: string; readonly inTile: string }[];
  readonly columnBlocks: readonly {
    readonly column: FourPositions;
    readonly wanted: string;
    readonly inTile: string;
  }[];
  /** By product, row block, column block and row: the names of the accumulators. */
  readonly sums: readonly (readonly (readonly (readonly string[])[])[])[];
}

function declareThread(writer: KernelWriter, engine: Contract, nest: Nest): Thread {
  const { root } = writer;
  const local = writer.builtin("local_invocation_index");
  const rowBlocks = nest.own.rows / 4;
  const columnBlocks = nest.own.columns / 4;
  const across = nest.columns / nest.own.columns;
  const down = nest.rows / nest.own.rows;
  root.add(
    `let threadRow = i32(${local} / ${across}u);`,
    `let threadColumn = i32(${local} % ${across}u);`,
  );
  const groups = Math.ceil(extentOfAll(engine.columns) / 4);
  const plus = (name: string, by: number): string => (by === 0 ? name : `${name} + ${by}`);
  return {
    rowBlocks: count(rowBlocks).map((block) => {
      const inTile = plus("threadRow", block * down);
      return { group: `firstRowGroup + ${inTile}`, inTile };
    }),
    columnBlocks: count(columnBlocks).map((block) => {
      const inTile = plus("threadColumn", block * across);
      const [wanted, name] = [`wanted${block}`, `column${block}`];
      root.add(
        `let ${wanted} = firstColumnGroup + ${inTile};`,
        `let ${name} = min(${wanted}, ${groups - 1});`,
      );
      const column = writer.fours(name, extentOfAll(engine.columns), root);
      return { column, wanted, inTile };
    }),
    sums: rightsOf(engine).map((_, n) =>
      count(rowBlocks).map((r) =>
        count(columnBlocks).map((c) => count(4).map((row) => `sum${n}At${4 * r + row}x${c}`)),
      ),
    ),
  };
}

function multiply(writer: KernelWriter, nest: Nest, thread: Thread, block: Block): void {
  block.nest(`for (var k = 0; k < ${writer.bound(nest.steps)}; k++)`, (inside) => {
    thread.rowBlocks.forEach(({ inTile }, r) => {
      inside.add(`let a${r} = leftTile[k * ${nest.rows / 4} + ${inTile}];`);
    });
    thread.sums.forEach((ofProduct, n) => {
      thread.columnBlocks.forEach(({ inTile }, c) => {
        const right = `b${n}x${c}`;
        inside.add(`let ${right} = right${n}Tile[k * ${nest.columns / 4} + ${inTile}];`);
        ofProduct.forEach((ofRows, r) => {
          for (const [row, sum] of (ofRows[c] ?? []).entries()) {
            inside.add(`${sum} = fma(vec4f(a${r}.${"xyzw"[row]}), ${right}, ${sum});`);
          }
        });
      });
    });
  });
}

/** The statistics of this invocation's rows, by statistic, row block and row: each in a variable. */
function shareStatistics(
  { root }: KernelWriter,
  { statistics = [] }: Contract,
  nest: Nest,
  staging: OperandStaging,
  thread: Thread,
): readonly (readonly (readonly string[])[])[] {
  if (statistics.length === 0) return [];
  staging.leaveStatistics("leftTile", root);
  root.add("workgroupBarrier();");
  return statistics.map(({ combine }, n) =>
    thread.rowBlocks.map(({ inTile }, r) => {
      const all = `measure${n}Of${r}`;
      const lines = count(nest.steps / 4).map((line) => {
        const first = (line + (n * nest.steps) / 4) * (nest.rows / 4);
        return `leftTile[${first} + ${inTile}]`;
      });
      root.add(`var ${all} = ${lines[0]};`);
      for (const line of lines.slice(1)) root.add(`${all} = ${combined(combine, all, line)};`);
      return count(4).map((row) => {
        root.add(`var ${all}Row${row} = ${all}.${"xyzw"[row]};`);
        return `${all}Row${row}`;
      });
    }),
  );
}

function storeBlocks(
  writer: KernelWriter,
  engine: Contract,
  batch: ReadonlyMap<number, Expr>,
  thread: Thread,
  statistics: readonly (readonly (readonly string[])[])[],
): void {
  const columnCount = extentOfAll(engine.columns);
  const products = rightsOf(engine).length;
  thread.columnBlocks.forEach(({ column, wanted }, c) => {
    writer.root.nest(`if (${wanted} < ${Math.ceil(columnCount / 4)})`, (block) => {
      thread.rowBlocks.forEach(({ group }, r) => {
        const sums = thread.sums.map((ofProduct) => ofProduct[r]?.[c] ?? []);
        // Storing moves the names along, and the next column block wants the statistics again.
        const measures = statistics.map((ofBlock, n) =>
          (ofBlock[r] ?? []).map((name, row) => {
            const copy = `own${n}x${r}x${c}x${row}`;
            block.add(`var ${copy} = ${name};`);
            return copy;
          }),
        );
        writer.storeInTurns(
          block,
          [...sums, ...measures],
          extentOfAll(engine.rows),
          (row, names, inside) => {
            const results = names.map((name, n) => {
              const statistic = engine.statistics?.[n - products];
              return writer.result(name, statistic === undefined ? 4 : 1, inside, statistic?.type);
            });
            const positions = mergedPositions(
              batch,
              unflatten(engine.rows, row.expr),
              unflatten(engine.columns, column.expr),
            );
            const place = placed(positions, ...results);
            const stores = writer.scheduled.kernel.stores.map((store) => placedStore(store, place));
            writer.storeFour(stores, column, columnCount, inside);
          },
          { first: `4 * (${group})`, name: `out${r}x${c}x` },
        );
      });
    });
  });
}

function count(length: number): number[] {
  return Array.from({ length }, (_, n) => n);
}
