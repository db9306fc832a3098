import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { rightsOf } from "../../../../ir/kernel/engines/contract.ts";
import type { Engine } from "../../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopNest } from "../../../../ir/loop-nests.ts";
import type { Block } from "../../writer/block.ts";
import {
  type KernelWriter,
  mergedPositions,
  placed,
  placedStore,
} from "../../writer/kernel-writer.ts";
import { combined } from "../reduction.ts";
import { OperandStaging } from "./contract-staging.ts";
import { stagedTiles, tileBatch } from "./contract-tiled.ts";

type Contract = Engine<"contract">;
type Nest = LoopNest<"contract-subgroup-matrix">;

/**
 * A tile per workgroup, of which each subgroup multiplies its part by matrices. The operands are loaded
 * into workgroup memory as in contract-tiled, whose lines of `rows` and `columns` are a left matrix by
 * columns and a right one by rows. A matrix shows no element to its lanes, so results go through workgroup
 * memory too, a strip of `strip` columns at a time.
 *
 * Offsets and strides of loads and stores count elements of the array, here vectors of four.
 */
export function writeContractSubgroupMatrix(
  writer: KernelWriter,
  engine: Contract,
  nest: Nest,
): void {
  const { root } = writer;
  const { matrix } = nest;
  const element = matrix.operand === "f16" ? "vec4<f16>" : "vec4f";
  writer.require("chromium-experimental-subgroup-matrix");
  if (matrix.operand === "f16") writer.require("shader-f16");
  const batch = tileBatch(writer, engine);
  const staging = new OperandStaging(
    writer,
    engine,
    batch,
    stagedTiles(writer, engine, nest, element),
  );
  const across = nest.columns / nest.own.columns;
  const subgroup = writer.builtin("subgroup_id");
  root.add(`let partRow = ${subgroup} / ${across}u;`, `let partColumn = ${subgroup} % ${across}u;`);
  const sums = sumNames(engine, nest);
  const type = `subgroup_matrix_result<${matrix.result}, ${matrix.columns}, ${matrix.rows}>`;
  for (const name of sums.flat(2)) root.add(`var ${name} = ${type}();`);
  const turns = Math.ceil(extentOfAll(engine.inner) / nest.steps);
  if (turns > 0) {
    root.nest(`for (var step = 0; step < ${writer.bound(turns)}; step++)`, (inside) => {
      staging.load("step", inside);
      inside.add("workgroupBarrier();");
      multiply(nest, sums, inside);
      inside.add("workgroupBarrier();");
    });
  }
  rightsOf(engine).forEach((_, n) => {
    const vectors = (partsOf(nest) * matrix.rows * nest.strip) / 4;
    writer.workgroupVariable(resultTile(n), `array<vec4f, ${vectors}>`);
  });
  shareStatistics(writer, engine, nest, staging);
  storeStrips(writer, engine, nest, batch, sums);
}

/** By product, matrix down and matrix across. */
function sumNames(engine: Contract, { own, matrix }: Nest): readonly (readonly string[][])[] {
  return rightsOf(engine).map((_, n) =>
    count(own.rows / matrix.rows).map((i) =>
      count(own.columns / matrix.columns).map((j) => `sum${n}At${i}x${j}`),
    ),
  );
}

function multiply(nest: Nest, sums: ReturnType<typeof sumNames>, block: Block): void {
  const { matrix, own, rows, columns, steps } = nest;
  const { operand } = matrix;
  const left = `subgroup_matrix_left<${operand}, ${matrix.inner}, ${matrix.rows}>`;
  const right = `subgroup_matrix_right<${operand}, ${matrix.columns}, ${matrix.inner}>`;
  for (let first = 0; first < steps; first += matrix.inner) {
    for (const i of count(own.rows / matrix.rows)) {
      const fixed = first * (rows / 4) + (i * matrix.rows) / 4;
      const at = `${fixed}u + partRow * ${own.rows / 4}u`;
      block.add(
        `let a${first}x${i} = subgroupMatrixLoad<${left}, col_major>(&leftTile, ${at}, ${rows / 4}u);`,
      );
    }
    sums.forEach((ofProduct, n) => {
      for (const j of count(own.columns / matrix.columns)) {
        const fixed = first * (columns / 4) + (j * matrix.columns) / 4;
        const at = `${fixed}u + partColumn * ${own.columns / 4}u`;
        const name = `b${first}x${n}x${j}`;
        block.add(
          `let ${name} = subgroupMatrixLoad<${right}, row_major>(&right${n}Tile, ${at}, ${columns / 4}u);`,
        );
        ofProduct.forEach((across, i) => {
          const sum = across[j];
          block.add(`${sum} = subgroupMatrixMultiplyAccumulate(a${first}x${i}, ${name}, ${sum});`);
        });
      }
    });
  }
}

/** Adds up what each loader measured, in a fixed order; four rows in each vector of `statisticTile`. */
function shareStatistics(
  writer: KernelWriter,
  { statistics = [] }: Contract,
  nest: Nest,
  staging: OperandStaging,
): void {
  if (statistics.length === 0) return;
  const { root } = writer;
  const groups = nest.rows / 4;
  writer.workgroupVariable("statisticTile", `array<vec4f, ${statistics.length * groups}>`);
  staging.leaveStatistics(resultTile(0), root);
  root.add("workgroupBarrier();");
  const local = writer.builtin("local_invocation_index");
  root.nest(`if (${local} < ${groups}u)`, (block) => {
    statistics.forEach(({ combine }, n) => {
      const lines = count(nest.steps / 4).map((line) => {
        const first = (line + (n * nest.steps) / 4) * groups;
        return `${resultTile(0)}[${first}u + ${local}]`;
      });
      block.add(`var all${n} = ${lines[0]};`);
      for (const line of lines.slice(1)) {
        block.add(`all${n} = ${combined(combine, `all${n}`, line)};`);
      }
      block.add(`statisticTile[${n * groups}u + ${local}] = all${n};`);
    });
  });
  root.add("workgroupBarrier();");
}

/** A strip of every subgroup at a time: into workgroup memory, and from there by single invocations. */
function storeStrips(
  writer: KernelWriter,
  engine: Contract,
  nest: Nest,
  batch: ReadonlyMap<number, Expr>,
  sums: ReturnType<typeof sumNames>,
): void {
  const { root } = writer;
  const { matrix, own, strip } = nest;
  const vectors = (matrix.rows * strip) / 4;
  const side = strip / matrix.columns;
  const subgroup = writer.builtin("subgroup_id");
  for (const i of count(own.rows / matrix.rows)) {
    for (const s of count(own.columns / strip)) {
      sums.forEach((ofProduct, n) => {
        for (const j of count(side)) {
          const at = `${subgroup} * ${vectors}u + ${(j * matrix.columns) / 4}u`;
          const sum = ofProduct[i]?.[s * side + j];
          root.add(
            `subgroupMatrixStore<row_major>(&${resultTile(n)}, ${at}, ${sum}, ${strip / 4}u);`,
          );
        }
      });
      root.add("workgroupBarrier();");
      storeStrip(writer, engine, nest, batch, i * matrix.rows, s * strip);
      root.add("workgroupBarrier();");
    }
  }
}

function storeStrip(
  writer: KernelWriter,
  engine: Contract,
  nest: Nest,
  batch: ReadonlyMap<number, Expr>,
  firstRow: number,
  firstColumn: number,
): void {
  const { root } = writer;
  const { matrix, own, strip } = nest;
  const vectors = (matrix.rows * strip) / 4;
  const size = writer.scheduled.workgroupSize;
  const across = nest.columns / own.columns;
  const local = writer.builtin("local_invocation_index");
  const rowCount = extentOfAll(engine.rows);
  const columnCount = extentOfAll(engine.columns);
  // Values are known by the names of their variables, so each strip has names of its own.
  const name = `${firstRow}x${firstColumn}`;
  const [item, part, rowInTile] = [`item${name}`, `part${name}`, `rowInTile${name}`];
  const items = partsOf(nest) * vectors;
  const turns = Math.ceil(items / size);
  root.nest(`for (var turn = 0u; turn < ${turns}u; turn++)`, (block) => {
    block.add(
      `let ${item} = turn * ${size}u + ${local};`,
      `let ${part} = ${item} / ${vectors}u;`,
      `let ${rowInTile} = (${part} / ${across}u) * ${own.rows}u + ${firstRow}u + (${item} % ${vectors}u) / ${strip / 4}u;`,
    );
    const row = writer.define(
      `row${name}`,
      `4 * firstRowGroup + i32(${rowInTile})`,
      rowCount,
      block,
    );
    const inTile = `(${part} % ${across}u) * ${own.columns / 4}u + ${firstColumn / 4}u + ${item} % ${strip / 4}u`;
    block.add(`let column${name} = firstColumnGroup + i32(${inTile});`);
    const column = writer.fours(`column${name}`, columnCount, block);
    const tests = [
      ...(items % size === 0 ? [] : [`${item} < ${items}u`]),
      `${row.name} < ${rowCount}`,
      `${column.name} < ${Math.ceil(columnCount / 4)}`,
    ];
    block.nest(
      `if (${tests.join(" && ")})`,
      (inside) => {
        const products = rightsOf(engine).map((_, n) => {
          inside.add(`let product${n}At${name} = ${resultTile(n)}[${item}];`);
          return writer.result(`product${n}At${name}`, 4, inside);
        });
        const measures = (engine.statistics ?? []).map(({ type }, n) => {
          const line = `${(n * nest.rows) / 4}u + ${rowInTile} / 4u`;
          inside.add(`let measure${n}At${name} = statisticTile[${line}][${rowInTile} % 4u];`);
          return writer.result(`measure${n}At${name}`, 1, inside, type);
        });
        const positions = mergedPositions(
          batch,
          unflatten(engine.rows, row.expr),
          unflatten(engine.columns, column.expr),
        );
        const place = placed(positions, ...products, ...measures);
        const stores = writer.scheduled.kernel.stores.map((store) => placedStore(store, place));
        writer.storeFour(stores, column, columnCount, inside);
      },
      { isConditional: true },
    );
  });
}

function resultTile(product: number): string {
  return `result${product}Tile`;
}

function partsOf({ rows, columns, own }: Nest): number {
  return (rows / own.rows) * (columns / own.columns);
}

function count(length: number): number[] {
  return Array.from({ length }, (_, n) => n);
}
