import { call, intConstant } from "../../../ir/expr/expr.ts";
import type { Expr } from "../../../ir/expr/expr-form.ts";
import type { Block } from "./block.ts";
import type { FourPositions, KernelWriter } from "./kernel-writer.ts";

/** Up to four positions along the inner axes; with the axis of their lanes where they are a whole group. */
export interface InnerSteps {
  readonly group?: FourPositions;
  readonly steps: readonly Expr[];
}

/** Puts the loop over `count` numbers, from text to text, in its place; without one it is a plain loop. */
export type AroundLoop = (
  count: number,
  block: Block,
  loop: (first: string, end: string, block: Block) => void,
) => void;

/** A loop over all inner positions, `unroll` groups of four in each turn, and what is left after it. */
export function overInner(
  writer: KernelWriter,
  extent: number,
  unroll: number,
  block: Block,
  body: (inner: readonly InnerSteps[], block: Block) => void,
  name = "k",
  around: AroundLoop = (count, outside, loop) => loop("0", writer.bound(count), outside),
): void {
  const groups = Math.floor(extent / 4);
  const turns = Math.floor(groups / unroll);
  if (turns > 0) {
    const advance = unroll === 1 ? `${name}++` : `${name} += ${unroll}`;
    around(turns * unroll, block, (from, end, outside) => {
      outside.nest(`for (var ${name} = ${from}; ${name} < ${end}; ${advance})`, (inside) => {
        const first = writer.fours(name, 4 * turns * unroll, inside);
        body(groupsFrom(first, unroll), inside);
      });
    });
  }
  const rest: InnerSteps[] = [];
  for (let position = 4 * turns * unroll; position < extent; position += 4) {
    const count = Math.min(4, extent - position);
    rest.push({ steps: Array.from({ length: count }, (_, n) => intConstant(position + n)) });
  }
  if (rest.length > 0) body(rest, block);
}

function groupsFrom(first: FourPositions, count: number): InnerSteps[] {
  return Array.from({ length: count }, (_, n) => {
    const shift = (expr: Expr): Expr => call("add", [expr, intConstant(4 * n)], "i32");
    const at = (lane: number): Expr => shift(first.at(lane));
    return { group: { ...first, expr: shift(first.expr), at }, steps: [0, 1, 2, 3].map(at) };
  });
}

/** Loads an operand at all steps, at once where it can, and gives its text by step. */
export function alongInner(
  writer: KernelWriter,
  inner: InnerSteps,
  at: (step: Expr) => Expr,
  prefix: string,
  block: Block,
): (step: number) => string {
  const { printer } = writer;
  const { group } = inner;
  if (group !== undefined) {
    const loaded = printer.name(printer.vector(at(group.expr), group.axis, block), block, prefix);
    return (step) => `${loaded}.${"xyzw"[step]}`;
  }
  const loaded = inner.steps.map((step) =>
    printer.name(printer.scalar(at(step), block), block, prefix),
  );
  return (step) => loaded[step] ?? "";
}

/**
 * An operand at four columns, by step. Where columns lie together that is one load; elsewhere each column
 * is read along the inner axes and the steps are picked out of it.
 */
export function atColumns(
  writer: KernelWriter,
  inner: InnerSteps,
  columns: FourPositions,
  singles: () => readonly Expr[],
  at: (column: Expr, step: Expr) => Expr,
  block: Block,
): (step: number) => string {
  const { printer, planner } = writer;
  const [first, ...others] = inner.steps;
  const start = first && at(columns.expr, first);
  if (start !== undefined && planner.liesTogether(start, columns.axis)) {
    const loads = [start, ...others.map((step) => at(columns.expr, step))];
    return (step) => printer.vector(loads[step] ?? start, columns.axis, block);
  }
  const loaded = singles().map((column) =>
    alongInner(writer, inner, (step) => at(column, step), "w", block),
  );
  return (step) => `vec4f(${loaded.map((text) => text(step)).join(", ")})`;
}
