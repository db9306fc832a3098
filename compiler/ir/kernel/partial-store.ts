import type { PositionId } from "../axis-ids.ts";
import { call, intConstant } from "../expr/expr.ts";
import { nodesOf } from "../expr/expr-cost.ts";
import type { Expr } from "../expr/expr-form.ts";
import { isWithin, rangeOf } from "../expr/expr-range.ts";
import { coversOnce } from "../expr/index-digits.ts";
import { exprOfForm, integerFormOf } from "../expr/integer-form.ts";
import type { KernelTensor } from "./kernel-tensor.ts";
import type { LoopAxis, Store } from "./loops.ts";

/**
 * Is every element stored at most once? All loops must be known from the position: each dimension has
 * loops of its own, but one that is computed may be shifted by what the others decide, as in
 * `length[b] + n`. Positions outside are dropped, so a choice of such a position changes nothing.
 */
export function reachesOnce(
  { at }: Pick<Store, "at">,
  { shape }: Pick<KernelTensor, "shape">,
  axes: readonly LoopAxis<PositionId>[],
): boolean {
  const parts = at.map((position, n) => loopPart(position, shape[n] ?? 1));
  const known = parts.filter((part) => part !== undefined);
  if (known.length < parts.length || known.filter(({ isShifted }) => isShifted).length > 1)
    return false;
  const positions = known.map(({ position }) => position);
  const extents = positions.map((position) => rangeOf(position).max + 1);
  const loops = axes.map(({ id, extent }) => ({ axis: id, extent }));
  return coversOnce(positions, extents, loops);
}

/** The condition that a position lies inside; `undefined` where it always does. */
export function isInside(position: Expr, extent: number): Expr | undefined {
  if (isWithin(rangeOf(position), 0, extent - 1)) return undefined;
  const isFrom = call("ge", [position, intConstant(0)], "bool");
  const isBelow = call("lt", [position, intConstant(extent)], "bool");
  return call("and", [isFrom, isBelow], "bool");
}

interface LoopPart {
  /** One or several digits, from 0 on. */
  readonly position: Expr;
  /** Is something added that only a run can tell? */
  readonly isShifted: boolean;
}

/** The loops that a position goes along, without what shifts them. */
function loopPart(position: Expr, extent: number): LoopPart | undefined {
  if (position.kind === "select") {
    const { then, otherwise } = position;
    if (isOutside(otherwise, extent)) return loopPart(then, extent);
    return isOutside(then, extent) ? loopPart(otherwise, extent) : undefined;
  }
  const { terms } = integerFormOf(position);
  const own = terms.filter(({ atom }) => isOfLoops(atom));
  const shifts = terms.filter(({ atom }) => !isOfLoops(atom));
  const loops = axesIn(own.map(({ atom }) => atom));
  const shifting = axesIn(shifts.map(({ atom }) => atom));
  if ([...loops].some((axis) => shifting.has(axis))) return undefined;
  const [only] = own;
  const isSimple = own.length === 1 && only?.atom.kind === "axis";
  return {
    position: isSimple ? only.atom : exprOfForm({ terms: own, constant: 0 }),
    isShifted: shifts.length > 0,
  };
}

function isOutside(expr: Expr, extent: number): boolean {
  return expr.kind === "constant" && (expr.value < 0 || expr.value >= extent);
}

/** Made of loops and numbers, and of nothing that is read or reduced. */
function isOfLoops(expr: Expr): boolean {
  const nodes = nodesOf([expr]);
  return (
    nodes.some(({ kind }) => kind === "axis") &&
    nodes.every(({ kind }) => kind === "axis" || kind === "constant" || kind === "call")
  );
}

function axesIn(exprs: readonly Expr[]): ReadonlySet<number> {
  return new Set(nodesOf(exprs).flatMap((node) => (node.kind === "axis" ? [node.axis] : [])));
}
