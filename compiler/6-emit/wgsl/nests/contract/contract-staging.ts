import { intConstant } from "../../../../ir/expr/expr.ts";
import type { Expr } from "../../../../ir/expr/expr-form.ts";
import { measuresOnce } from "../../../../ir/kernel/engines/contract.ts";
import type { Engine } from "../../../../ir/kernel/engines/engine-registry.ts";
import { unflatten } from "../../../../ir/kernel/flat-axes.ts";
import { extentOfAll } from "../../../../ir/kernel/loop-axes.ts";
import type { LoopAxis, Reduction } from "../../../../ir/kernel/loops.ts";
import type { Block } from "../../writer/block.ts";
import {
  type FourPositions,
  type KernelWriter,
  mergedPositions,
  placed,
} from "../../writer/kernel-writer.ts";
import { atColumns, type InnerSteps } from "../../writer/operand.ts";
import { combined, neutral } from "../reduction.ts";

type Contract = Engine<"contract">;

/** Part of an operand in workgroup memory: `steps` lines of `groups` vectors of four rows or columns. */
export interface StagedTile {
  /** Begins the names of everything that belongs to it: `left`, `right0`. */
  readonly name: string;
  /** The operand as a function of the kernel's axes. */
  readonly value: Expr;
  readonly axes: readonly LoopAxis[];
  readonly groups: number;
  readonly steps: number;
  readonly element: "vec4f" | "vec4<f16>";
  /** WGSL: the number of the tile's first group of four. */
  readonly firstGroup: string;
  /** The first of the invocations that load it; each loads one block of four by four. */
  readonly firstThread: number;
  readonly statistics: readonly Reduction[];
}

/** The number of invocations that load a tile. */
export function loadersOf({ groups, steps }: StagedTile): number {
  return (groups * steps) / 4;
}

/** What a loading invocation knows of its block before the loop over the inner axes. */
interface LoaderPlace {
  readonly tile: StagedTile;
  readonly outer: FourPositions;
  readonly singles: () => readonly Expr[];
}

/**
 * Puts tiles of the operands into workgroup memory. Neighbouring invocations load neighbouring addresses:
 * along the outer axis where an operand lies together there, along the inner ones elsewhere. Positions
 * beyond the last row or column repeat it, those beyond the inner axes are zero.
 */
export class OperandStaging {
  readonly #writer: KernelWriter;
  readonly #engine: Contract;
  readonly #batch: ReadonlyMap<number, Expr>;
  readonly #places: readonly LoaderPlace[];

  constructor(
    writer: KernelWriter,
    engine: Contract,
    batch: ReadonlyMap<number, Expr>,
    tiles: readonly StagedTile[],
  ) {
    this.#writer = writer;
    this.#engine = engine;
    this.#batch = batch;
    this.#places = tiles.map((tile) => this.#declare(tile));
  }

  /** One step of the loop: loads every tile. `step` is WGSL for the number of the step. */
  load(step: string, block: Block): void {
    for (const place of this.#places) {
      const { tile } = place;
      this.#onLoaders(tile, block, (inside) => this.#loadBlock(place, step, inside));
    }
  }

  /**
   * Leaves the partial statistics of each loader in workgroup memory, one after the other: lines of
   * `groups` vectors, one for each four inner positions of a step.
   */
  leaveStatistics(target: string, block: Block): void {
    for (const { tile } of this.#places) {
      if (tile.statistics.length === 0) continue;
      this.#onLoaders(tile, block, (inside) => {
        for (const n of tile.statistics.keys()) {
          const line = (n * tile.steps) / 4;
          const at = `(${line === 0 ? "" : `${line} + `}${tile.name}Inner) * ${tile.groups} + ${tile.name}Outer`;
          inside.add(`${target}[${at}] = statistic${n};`);
        }
      });
    }
  }

  #onLoaders(tile: StagedTile, block: Block, fill: (block: Block) => void): void {
    const local = this.#writer.builtin("local_invocation_index");
    const [first, end] = [tile.firstThread, tile.firstThread + loadersOf(tile)];
    const tests = [
      ...(first > 0 ? [`${local} >= ${first}u`] : []),
      ...(end < this.#writer.scheduled.workgroupSize ? [`${local} < ${end}u`] : []),
    ];
    if (tests.length === 0) fill(block);
    else block.nest(`if (${tests.join(" && ")})`, fill, { isConditional: true });
  }

  #declare(tile: StagedTile): LoaderPlace {
    const writer = this.#writer;
    const { root } = writer;
    const { name, groups, steps } = tile;
    writer.workgroupVariable(`${name}Tile`, `array<${tile.element}, ${groups * steps}>`);
    const count = extentOfAll(tile.axes);
    const outer = writer.fours(`${name}Group`, count, root);
    const first = this.#at(tile, outer.expr, intConstant(0));
    const isAcross = writer.planner.liesTogether(first, outer.axis);
    const local = writer.builtin("local_invocation_index");
    const block = tile.firstThread === 0 ? local : `(${local} - ${tile.firstThread}u)`;
    const [across, along] = isAcross
      ? [`${block} % ${groups}u`, `${block} / ${groups}u`]
      : [`${block} / ${steps / 4}u`, `${block} % ${steps / 4}u`];
    root.add(
      `let ${name}Outer = i32(${across});`,
      `let ${name}Inner = i32(${along});`,
      `let ${name}Group = min(${tile.firstGroup} + ${name}Outer, ${Math.ceil(count / 4) - 1});`,
    );
    tile.statistics.forEach(({ combine, type }, n) => {
      root.add(`var statistic${n} = ${neutral(combine, type, 4)};`);
    });
    const singles = (): Expr[] =>
      [0, 1, 2, 3].map((place) => {
        if (count % 4 === 0) return outer.at(place);
        const text = `min(4 * ${name}Group + ${place}, ${count - 1})`;
        return writer.once(`${name}At${place}`, text, count, root).expr;
      });
    return { tile, outer, singles };
  }

  #loadBlock({ tile, outer, singles }: LoaderPlace, step: string, block: Block): void {
    const writer = this.#writer;
    const { name, groups, steps } = tile;
    const extent = extentOfAll(this.#engine.inner);
    const isGrouped = extent % 4 === 0;
    const isRagged = extent % steps !== 0;
    const wanted = `${step} * ${steps / 4} + ${name}Inner`;
    let inner: InnerSteps;
    if (isGrouped) {
      const text = isRagged ? `min(${wanted}, ${extent / 4 - 1})` : wanted;
      block.add(`let ${name}Step = ${text};`);
      const group = writer.fours(`${name}Step`, extent, block);
      inner = { group, steps: [0, 1, 2, 3].map(group.at) };
    } else {
      block.add(`let ${name}Step = ${wanted};`);
      const positions = [0, 1, 2, 3].map((place) => {
        const text = `min(4 * ${name}Step + ${place}, ${extent - 1})`;
        return writer.define(`${name}Step${place}`, text, extent, block).expr;
      });
      inner = { steps: positions };
    }
    const isInside = (place: number): string =>
      isGrouped ? `${wanted} < ${extent / 4}` : `4 * ${name}Step + ${place} < ${extent}`;
    const guarded = (text: string, otherwise: string, place: number): string =>
      isRagged ? `select(${otherwise}, ${text}, ${isInside(place)})` : text;
    const read = (value: Expr, block: Block): ((step: number) => string) => {
      const at = (outside: Expr, inside: Expr): Expr => this.#at(tile, outside, inside, value);
      return atColumns(writer, inner, outer, singles, at, block);
    };
    const loaded = read(tile.value, block);
    for (const place of inner.steps.keys()) {
      const text = guarded(loaded(place), "vec4f()", place);
      const stored = tile.element === "vec4f" ? text : `vec4<f16>(${text})`;
      const line = `(4 * ${name}Inner + ${place}) * ${groups} + ${name}Outer`;
      block.add(`${name}Tile[${line}] = ${stored};`);
    }
    const measure = (inside: Block): void =>
      tile.statistics.forEach(({ combine, type, value }, n) => {
        const measured = read(value, inside);
        for (const place of inner.steps.keys()) {
          const text = guarded(measured(place), neutral(combine, type, 4), place);
          inside.add(`statistic${n} = ${combined(combine, `statistic${n}`, text)};`);
        }
      });
    if (!measuresOnce(this.#engine, writer.scheduled.kernel.stores)) measure(block);
    else if (tile.statistics.length > 0) {
      const isFirst = `if (${writer.builtin("workgroup_id")}.y == 0u)`;
      block.nest(isFirst, measure, { isConditional: true });
    }
  }

  #at(tile: StagedTile, outer: Expr, inner: Expr, value = tile.value): Expr {
    const positions = mergedPositions(
      this.#batch,
      unflatten(tile.axes, outer),
      unflatten(this.#engine.inner, inner),
    );
    return placed(positions)(value);
  }
}
