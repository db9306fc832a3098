import { call, intConstant, select } from "../../ir/expr/expr.ts";
import { nodesOf } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import { isSameExpr } from "../../ir/expr/expr-key.ts";
import { rangeOf } from "../../ir/expr/expr-range.ts";
import { addForms, exprOfForm, integerFormOf } from "../../ir/expr/integer-form.ts";
import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import { isEngine, recordOf } from "../../ir/kernel/engines/engine-registry.ts";
import type { Kernel } from "../../ir/kernel/kernel.ts";
import { tensorsOfKernel } from "../../ir/kernel/kernel-tensors.ts";
import { coveringStores, parallelAxes, partsOfKernel } from "../../ir/kernel/loop-axes.ts";
import type { LoopAxis, Store } from "../../ir/kernel/loops.ts";
import { isInside } from "../../ir/kernel/partial-store.ts";
import { rewriteStore } from "../../ir/kernel/rewrite-store.ts";

/** A tensor that becomes several along one of its dimensions. */
export interface Cut {
  readonly tensor: number;
  readonly dimension: number;
  /** In order, without gaps. */
  readonly parts: readonly CutPart[];
}

interface CutPart {
  readonly tensor: number;
  readonly from: number;
  readonly to: number;
}

export interface SplitKernel {
  readonly kernels: readonly Kernel[];
  /** Reads that look at their position to know which part they are in: right, and slow. */
  readonly selects: number;
}

/**
 * The kernel on the parts of a tensor: one kernel for each part where a loop runs along the cut, each over
 * its range of the loop; a choice by position where none does, or for updates of a state one store for each
 * part. Where a choice would take more than `maxTensors` tensors, several kernels each store the elements
 * that come from their parts. `undefined` where any other element that is stored may be in any part.
 */
export function splitKernel(
  kernel: Kernel,
  cut: Cut,
  maxTensors = Number.POSITIVE_INFINITY,
): SplitKernel | undefined {
  const { stores, loads } = positionsAlong(kernel, cut);
  const open = (position: Expr): boolean => partOf(position, cut) === undefined;
  const loops = parallelAxes(kernel);
  const step = [...stores, ...loads]
    .filter(open)
    .map((position) => alongLoop(position, loops))
    .find((found) => found !== undefined);
  if (step === undefined) {
    const isUnknown = coveringStores(kernel).some(
      ({ tensor, at, partial }) =>
        tensor === cut.tensor && partial !== true && open(at[cut.dimension] ?? intConstant(0)),
    );
    if (isUnknown) return undefined;
    const selects = loads.filter(open).length;
    const whole = onParts(kernel, cut);
    if (tensorsOfKernel(whole).length <= maxTensors) return { kernels: [whole], selects };
    return { kernels: gatherInTurns(kernel, cut, loads, maxTensors) ?? [whole], selects };
  }
  const { axis, shift } = step;
  const ends = cut.parts.map(({ to }) => Math.min(axis.extent, Math.max(0, to - shift)));
  const bounds = [...new Set([0, ...ends.slice(0, -1), axis.extent])];
  const pieces = bounds.slice(1).map((end, n) => restrict(kernel, axis, bounds[n] ?? 0, end));
  const split = pieces.map((piece) => splitKernel(piece, cut, maxTensors));
  const done = split.filter((piece) => piece !== undefined);
  if (done.length < split.length) return undefined;
  return {
    kernels: done.flatMap(({ kernels }) => kernels),
    selects: done.reduce((sum, { selects }) => sum + selects, 0),
  };
}

/**
 * A map that gathers from more parts than it may bind: one kernel for each few of them, which stores the
 * elements whose position is in these.
 */
function gatherInTurns(
  kernel: Kernel,
  { parts, ...cut }: Cut,
  positions: readonly Expr[],
  maxTensors: number,
): readonly Kernel[] | undefined {
  const [position, ...others] = positions;
  const room = maxTensors - (tensorsOfKernel(kernel).length - 1);
  if (!isEngine(kernel, "map") || position === undefined || room < 1) return undefined;
  if (!others.every((other) => isSameExpr(other, position))) return undefined;
  if (kernel.stores.some(({ tensor, when }) => tensor === cut.tensor || when !== undefined))
    return undefined;
  const kernels: Kernel[] = [];
  for (let first = 0; first < parts.length; first += room) {
    const own = parts.slice(first, first + room);
    const [from, to] = [own[0]?.from ?? 0, own.at(-1)?.to ?? 0];
    const [low, high] = [intConstant(from), intConstant(to)];
    const isFrom = call("ge", [position, low], "bool");
    const isBelow = call("lt", [position, high], "bool");
    // What lies outside the tensor is never read, so the ends are open.
    const isLast = first + room >= parts.length;
    const when = first === 0 ? isBelow : isLast ? isFrom : call("and", [isFrom, isBelow], "bool");
    const piece = onParts(kernel, { ...cut, parts: own });
    const stores = piece.stores.map((store): Store => ({ ...store, partial: true, when }));
    const holds = [...kernel.holds, `elements ${from}..${to - 1} of ${parts.at(-1)?.to}`];
    kernels.push({ ...piece, stores, holds });
  }
  return kernels;
}

function positionsAlong(
  kernel: Kernel,
  { tensor, dimension }: Cut,
): { readonly stores: readonly Expr[]; readonly loads: readonly Expr[] } {
  const along = (at: readonly Expr[]): Expr => at[dimension] ?? intConstant(0);
  const loads = nodesOf(partsOfKernel(kernel).map(({ expr }) => expr)).flatMap((node) =>
    node.kind === "load" && node.tensor === tensor ? [along(node.at)] : [],
  );
  // Updates go wherever the store goes that they change something of.
  const stores = coveringStores(kernel).filter((store) => store.tensor === tensor);
  return { stores: stores.map(({ at }) => along(at)), loads };
}

/** The part in which a position always is. What lies outside the tensor is never read, so the ends are open. */
function partOf(position: Expr, { parts }: Cut): CutPart | undefined {
  const { min, max } = rangeOf(position);
  return parts.find(({ from, to }, n) => {
    const isAfter = n === 0 || min >= from;
    return isAfter && (n === parts.length - 1 || max < to);
  });
}

function alongLoop(
  position: Expr,
  loops: readonly LoopAxis[],
): { readonly axis: LoopAxis; readonly shift: number } | undefined {
  const { terms, constant } = integerFormOf(position);
  const [term] = terms;
  if (terms.length !== 1 || term?.coefficient !== 1 || term.atom.kind !== "axis") return undefined;
  const { axis: id } = term.atom;
  const axis = loops.find((loop) => loop.id === id);
  return axis && { axis, shift: constant };
}

/** The kernel for the points of one loop from `from` to `to`; positions stay what they were. */
function restrict(
  kernel: Kernel,
  { id, name, extent }: LoopAxis,
  from: number,
  to: number,
): Kernel {
  const own: Expr = { kind: "axis", axis: id, extent: to - from, type: "i32" };
  const moved = from === 0 ? own : call("add", [own, intConstant(from)], "i32");
  const rewrite = makeRewriter((leaf) =>
    leaf.kind === "axis" && leaf.axis === id ? moved : undefined,
  );
  const shorten = (axes: readonly LoopAxis[]): readonly LoopAxis[] =>
    axes.map((axis) => (axis.id === id ? { ...axis, extent: to - from } : axis));
  return {
    ...rewriteKernel(kernel, rewrite, shorten),
    holds: [...kernel.holds, `${name} ${from}..${to - 1} of ${extent}`],
  };
}

function onParts(kernel: Kernel, cut: Cut): Kernel {
  const { tensor, dimension, parts } = cut;
  const within = (at: readonly Expr[], { from }: CutPart): readonly Expr[] =>
    at.map((position, n) => (n === dimension ? movedBack(position, from) : position));
  const rewrite = makeRewriter((leaf) => {
    if (leaf.kind !== "load" || leaf.tensor !== tensor) return undefined;
    const position = leaf.at[dimension] ?? intConstant(0);
    const loadOf = (part: CutPart): Expr => ({
      ...leaf,
      tensor: part.tensor,
      at: within(leaf.at, part),
    });
    const only = partOf(position, cut);
    if (only !== undefined) return loadOf(only);
    return parts
      .slice(0, -1)
      .reduceRight<Expr>(
        (rest, part) =>
          select(call("lt", [position, intConstant(part.to)], "bool"), loadOf(part), rest),
        loadOf(parts.at(-1) as CutPart),
      );
  });
  // Positions of stores are looked at before loads in them are moved.
  const partOfStore = ({ tensor: written, at }: Store): CutPart | undefined =>
    written === tensor ? partOf(at[dimension] ?? intConstant(0), cut) : undefined;
  const [base] = kernel.stores;
  const isUpdate = (n: number): boolean =>
    recordOf(kernel.engine).updateLoops(kernel.engine, n) !== undefined;
  // An update of an element of another part finds none here.
  const targets = kernel.stores.map((store, n) => partOfStore(isUpdate(n) && base ? base : store));
  const moved = rewriteKernel(kernel, rewrite, (axes) => axes);
  const onPart = (store: Store, part: CutPart): Store => {
    return { ...store, tensor: part.tensor, at: within(store.at, part) };
  };
  const stores = moved.stores.flatMap((store, n) => {
    const part = targets[n];
    if (part !== undefined) return [onPart(store, part)];
    if (store.tensor !== tensor) return [store];
    // The position is only known in a run: each part takes what belongs to it.
    return parts.map((one) => {
      const own = onPart(store, one);
      const inside = isInside(own.at[dimension] ?? intConstant(0), one.to - one.from);
      const guards = [own.when, inside].filter((guard) => guard !== undefined);
      const [first, second] = guards;
      const when = second && first ? call("and", [first, second], "bool") : first;
      return { ...own, ...(when && { when }) };
    });
  });
  const readsBefore = kernel.readsBefore?.flatMap((read) =>
    read === tensor ? parts.map((part) => part.tensor) : [read],
  );
  return { ...moved, stores, ...(readsBefore && { readsBefore }) };
}

function movedBack(position: Expr, by: number): Expr {
  if (by === 0) return position;
  return exprOfForm(addForms(integerFormOf(position), { terms: [], constant: -by }));
}

function rewriteKernel(
  kernel: Kernel,
  rewrite: (expr: Expr) => Expr,
  loops: (axes: readonly LoopAxis[]) => readonly LoopAxis[],
): Kernel {
  const stores = kernel.stores.map((store) => rewriteStore(store, rewrite));
  const { engine } = kernel;
  return { ...kernel, engine: recordOf(engine).rewrite(engine, rewrite, loops), stores };
}
