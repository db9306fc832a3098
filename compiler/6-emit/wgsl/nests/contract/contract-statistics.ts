import { call, select } from "../../../../ir/expr/expr.ts";
import { nodesOf } from "../../../../ir/expr/expr-cost.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { rightsOf } from "../../../../ir/kernel/engines/contract.ts";
import type { Engine } from "../../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { Store } from "../../../../ir/kernel/loops.ts";
import type { Block } from "../../writer/block.ts";
import {
  type KernelWriter,
  type LoopVariable,
  mergedPositions,
  placed,
} from "../../writer/kernel-writer.ts";
import { type InnerSteps, overInner } from "../../writer/operand.ts";
import { combined, combinedLanes, neutral } from "../reduction.ts";

/** The rows of a tile: lane l of the subgroup loads row l of each part. */
export interface TileRows {
  readonly batch: ReadonlyMap<number, Expr>;
  /** Rows that this lane loads; beyond the end the last one, whose product is not stored. */
  readonly rows: readonly LoopVariable[];
}

type Contract = Engine<"contract">;

/**
 * Statistics of the rows of a contraction: each lane measures the rows that it loads, four steps at a
 * time. What the stores make of statistics alone, such as 1 / sqrt(mean), each lane computes for its rows
 * too, before the rows are handed round.
 */
export class RowStatistics {
  /** The kernel's, with what is made of statistics alone as the results that `share` names. */
  readonly stores: readonly Store[];
  readonly #writer: KernelWriter;
  readonly #engine: Contract;
  readonly #tile: TileRows;
  readonly #finals: Expr[] = [];

  constructor(writer: KernelWriter, engine: Contract, tile: TileRows) {
    this.#writer = writer;
    this.#engine = engine;
    this.#tile = tile;
    this.stores = writer.scheduled.kernel.stores.map((store) => ({
      ...store,
      value: this.#withoutFinals(store.value),
    }));
    engine.statistics?.forEach(({ combine, type }, n) => {
      for (const part of tile.rows.keys()) {
        writer.root.add(`var ${partial(n, part)} = ${neutral(combine, type, 4)};`);
      }
    });
  }

  /** The types of the results that `share` names. */
  get types(): readonly Expr["type"][] {
    return this.#finals.map(({ type }) => type);
  }

  /** All steps in a loop of their own. */
  measureAll(unroll: number, block: Block): void {
    const inner = extentOfAll(this.#engine.inner);
    const measure = (steps: readonly InnerSteps[], inside: Block): void =>
      this.measure(steps, inside);
    overInner(this.#writer, inner, unroll, block, measure, "m");
  }

  measure(inner: readonly InnerSteps[], block: Block): void {
    for (const steps of inner) this.#measureSteps(steps, block);
  }

  total(block: Block): void {
    const { printer } = this.#writer;
    for (const part of this.#tile.rows.keys()) {
      const totals = (this.#engine.statistics ?? []).map(({ combine, type }, n) => {
        const name = `${partial(n, part)}All`;
        block.add(`let ${name} = ${combinedLanes(combine, partial(n, part))};`);
        return this.#writer.result(name, 1, block, type);
      });
      const results = [...rightsOf(this.#engine), ...totals];
      const place = placed(new Map(), ...results);
      this.#finals.forEach((final, n) => {
        block.add(`let ${finalName(n, part)} = ${printer.scalar(place(final), block)};`);
      });
    }
  }

  /**
   * Gives every lane what was made of the statistics of every row of the tile, in variables by result and
   * row. Comes before any branch: broadcasts need every lane.
   */
  share(rows: number, lanes: number, block: Block): readonly (readonly string[])[] {
    return this.#finals.map((_, n) =>
      Array.from({ length: rows }, (_row, row) => {
        const own = finalName(n, Math.floor(row / lanes));
        const name = `statistic${n}Of${row}`;
        block.add(`var ${name} = subgroupBroadcast(${own}, ${row % lanes}u);`);
        return name;
      }),
    );
  }

  /** Puts results in the place of the largest parts that are made of statistics and numbers. */
  #withoutFinals(expr: Expr): Expr {
    const first = rightsOf(this.#engine).length;
    const nodes = nodesOf([expr]);
    const reads = nodes.some((node) => node.kind === "reduced" && node.reduction >= first);
    if (!reads) return expr;
    const isOfStatistics = nodes.every(
      (node) =>
        node.kind === "call" ||
        node.kind === "constant" ||
        (node.kind === "reduced" && node.reduction >= first),
    );
    // A bool cannot be handed round.
    if (isOfStatistics && expr.type !== "bool") {
      const known = this.#finals.indexOf(expr);
      if (known < 0) this.#finals.push(expr);
      const place = known < 0 ? this.#finals.length - 1 : known;
      return { kind: "reduced", reduction: first + place, type: expr.type };
    }
    if (expr.kind === "call") {
      return call(
        expr.fn,
        expr.args.map((arg) => this.#withoutFinals(arg)),
        expr.type,
      );
    }
    if (expr.kind === "select") {
      const [condition, then, otherwise] = [expr.condition, expr.then, expr.otherwise].map((part) =>
        this.#withoutFinals(part),
      ) as [Expr, Expr, Expr];
      return select(condition, then, otherwise);
    }
    return expr;
  }

  #measureSteps({ group, steps }: InnerSteps, block: Block): void {
    const { printer } = this.#writer;
    const { batch, rows } = this.#tile;
    this.#engine.statistics?.forEach(({ combine, value }, n) => {
      rows.forEach((row, part) => {
        const outer = mergedPositions(batch, unflatten(this.#engine.rows, row.expr));
        const at = (step: Expr): Expr =>
          placed(mergedPositions(outer, unflatten(this.#engine.inner, step)))(value);
        const add = (target: string, text: string): void =>
          block.add(`${target} = ${combined(combine, target, text)};`);
        if (group === undefined) {
          for (const step of steps) add(`${partial(n, part)}.x`, printer.scalar(at(step), block));
        } else add(partial(n, part), printer.vector(at(group.expr), group.axis, block));
      });
    });
  }
}

function partial(statistic: number, part: number): string {
  return `statistic${statistic}Part${part}`;
}

function finalName(final: number, part: number): string {
  return `final${final}Part${part}`;
}
