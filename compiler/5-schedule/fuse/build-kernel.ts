import { InternalError, invariant } from "../../diagnostics/internal-error.ts";
import { axisIndex, call, floatConstant } from "../../ir/expr/expr.ts";
import { isSameExpr } from "../../ir/expr/expr-key.ts";
import { makeRewriter } from "../../ir/expr/rewrite-expr.ts";
import type { Axis, Value } from "../../ir/graph/graph.ts";
import type { Engine } from "../../ir/kernel/engines/engine-registry.ts";
import type { Combine, Expr, LoopAxis, ScalarType, Store } from "../../ir/kernel/kernel.ts";
import { axesOf } from "../../ops/build/type-rules.ts";
import { type GraphFacts, scalarOfValue } from "./graph-facts.ts";
import { type Group, placementIn } from "./group.ts";
import { ElementInliner } from "./inline-element.ts";
import { isPerRow, type Placement } from "./place-value.ts";
import { type StateUpdate, storeOfUpdate } from "./state-updates.ts";

/** Gives the tensor of a value that another kernel stores; `undefined` where the value is inlined. */
export type TensorOf = (value: Value) => number | undefined;

interface Reduction {
  readonly combine: Combine;
  readonly value: Expr;
  readonly type: ScalarType;
}

/**
 * Turns one group into one kernel, on demand: each value that some reader wants adds a store and whatever
 * reductions that needs. Asking may make `tensorOf` ask other groups in turn.
 */
export class KernelBuilder {
  readonly group: Group;
  readonly #facts: GraphFacts;
  readonly #tensorOf: TensorOf;
  readonly #inliner: ElementInliner;
  readonly #loops: LoopAxis[] = [];
  readonly #indices = new Map<number, Expr>();
  readonly #reductions: Reduction[] = [];
  readonly #reductionOf = new Map<Value, number>();
  readonly #computed = new Set<Value>();
  readonly #stores: Store[] = [];
  /** What the kernel was asked to store, to ask another one for the same. */
  readonly #asked: ((builder: KernelBuilder) => void)[] = [];
  #operands: Engine | undefined;

  constructor(group: Group, facts: GraphFacts, tensorOf: TensorOf) {
    this.group = group;
    this.#facts = facts;
    this.#tensorOf = tensorOf;
    this.#inliner = new ElementInliner(facts, (value, at) => this.#resolve(value, at));
    for (const axis of [...group.loops.grid, ...group.loops.lanes]) this.#openLoop(axis);
  }

  /** The same kernel where values are stored by others as `tensorOf` says. */
  again(tensorOf: TensorOf): KernelBuilder {
    const trial = new KernelBuilder(this.group, this.#facts, tensorOf);
    for (const ask of this.#asked) ask(trial);
    return trial;
  }

  get stores(): readonly Store[] {
    return this.#stores;
  }

  /** Values computed or inlined here. */
  get computed(): readonly Value[] {
    return [...this.#computed];
  }

  /** `value` is a member or a view of one; `layout` is the order of its axes in the tensor. */
  store(value: Value, tensor: number): void {
    this.#asked.push((builder) => builder.store(value, tensor));
    const placement = this.#placementOf(value);
    const at = this.#positions(placement);
    if (this.group.engine === "scatter") {
      this.#storeScatter(value, tensor, at);
      return;
    }
    this.#add({ tensor, at, value: this.#inliner.element(value, at) }, placement);
  }

  /** Stores what a state is updated with where it belongs in the state. */
  storeUpdate(update: StateUpdate, tensor: number): void {
    this.#asked.push((builder) => builder.storeUpdate(update, tensor));
    const placement = this.#placementOf(update.values);
    const at = this.#positions(placement);
    this.#add(storeOfUpdate(update, tensor, at, this.#inliner, this.#facts), placement);
  }

  #add(store: Store, placement: Placement): void {
    const { engine, loops } = this.group;
    const isRow = engine === "row" && loops.lanes.length > 0 && isPerRow(placement, loops);
    this.#stores.push(isRow ? { ...store, perRow: true } : store);
  }

  engine(): Engine {
    const { engine, loops } = this.group;
    switch (engine) {
      case "map":
        return { kind: "map", grid: this.#axes(loops.grid) };
      case "row":
        return {
          kind: "row",
          grid: this.#axes(loops.grid),
          lanes: this.#axes(loops.lanes),
          reductions: this.#reductions,
        };
      case "contract":
      case "attend":
      case "scatter":
        invariant(this.#operands !== undefined, "an engine without operands");
        return this.#operands;
    }
  }

  #resolve(value: Value, at: readonly Expr[]): Expr | undefined {
    const { head, engine, isCopy } = this.group;
    if (isCopy) return this.#load(value, at);
    const isReduction =
      this.group.members.has(value) && this.#facts.loweringOf(value).kind !== "element";
    if (isReduction) {
      this.#checkPlace(value, at);
      if (engine === "row") return this.#reduced(value);
      invariant(value === head, `${value.op} cannot stand in the epilogue of ${head.op}`);
      this.#operands ??= this.#openOperands();
      this.#computed.add(value);
      return { kind: "reduced", reduction: 0, type: "f32" };
    }
    const isOwn = placementIn(this.group, value) !== undefined;
    const loaded = isOwn ? undefined : this.#load(value, at);
    if (loaded === undefined) this.#computed.add(value);
    return loaded;
  }

  /** A reduction has one value per point of the loops: it cannot be read at a neighbour's. */
  #checkPlace(value: Value, at: readonly Expr[]): void {
    const own = this.#positions(this.#placementOf(value));
    const isHere = own.every((position, n) => isSameExpr(position, at[n] ?? position));
    invariant(isHere, `${value.op} is read at another place of its kernel`);
  }

  #load(value: Value, at: readonly Expr[]): Expr | undefined {
    const tensor = this.#tensorOf(value);
    return tensor === undefined
      ? undefined
      : { kind: "load", tensor, at, type: scalarOfValue(value) };
  }

  #reduced(value: Value): Expr {
    const lowering = this.#facts.loweringOf(value);
    const [input] = value.inputs;
    invariant(lowering.kind === "reduce" && input !== undefined, `${value.op} is no reduction`);
    this.#computed.add(value);
    const type = scalarOfValue(value);
    let number = this.#reductionOf.get(value);
    if (number === undefined) {
      const inner = this.#inliner.element(
        input,
        this.#positions(this.#inputPlacement(value, input)),
      );
      number = this.#reductions.length;
      this.#reductions.push({ combine: lowering.combine, value: inner, type });
      this.#reductionOf.set(value, number);
    }
    const reduced: Expr = { kind: "reduced", reduction: number, type };
    if (!lowering.isMean) return reduced;
    const count = this.#facts.elementCount(axesOf(value.attrs, "axes"));
    return call("div", [reduced, floatConstant(count)], "f32");
  }

  /** Where the elements that a reduction combines stand: its input is placed, or spans the loops itself. */
  #inputPlacement(value: Value, input: Value): Placement {
    const known = placementIn(this.group, input);
    if (known !== undefined) return known;
    const own = placementIn(this.group, value);
    invariant(own !== undefined, "a reduction that is not placed");
    return input.type.axes.map((axis) => {
      const kept = value.type.axes.indexOf(axis);
      return own[kept] ?? this.#facts.indexOf(axis);
    });
  }

  #openOperands(): Engine {
    const { group } = this;
    if (group.engine === "contract") return this.#openContraction();
    if (group.engine === "attend") return this.#openAttention();
    throw new InternalError(`${group.engine} has no operands`);
  }

  #openContraction(): Engine {
    const { contraction } = this.group;
    invariant(contraction !== undefined, "a contract group without its contraction");
    const { batch, rows, columns, inner, left, right } = contraction;
    const innerLoops = inner.map((axis) => this.#openLoop(axis));
    return {
      kind: "contract",
      batch: this.#axes(batch),
      rows: this.#axes(rows),
      columns: this.#axes(columns),
      inner: innerLoops,
      left: this.#inliner.element(left, this.#positionsOf(left.type.axes)),
      right: this.#inliner.element(right, this.#positionsOf(right.type.axes)),
    };
  }

  #openAttention(): Engine {
    const { head } = this.group;
    const [query, key, value, mask] = head.inputs;
    const { scale } = head.attrs;
    invariant(
      query !== undefined && key !== undefined && value !== undefined && typeof scale === "number",
      "attention needs queries, keys, values and a scale",
    );
    const keys = axesOf(head.attrs, "keys");
    const inner = axesOf(head.attrs, "inner");
    const result = head.type.axes;
    const isOf = (operand: Value) => (axis: Axis) => operand.type.axes.includes(axis);
    const valueAxes = result.filter(
      (axis) => isOf(value)(axis) && !this.#isShared(axis, head, inner),
    );
    const batch = result.filter((axis) => isOf(key)(axis) && !valueAxes.includes(axis));
    const queries = result.filter((axis) => !batch.includes(axis) && !valueAxes.includes(axis));
    const keyLoops = keys.map((axis) => this.#openLoop(axis));
    // The inner axis may also be an axis of the values: it then is a loop of its own in each product.
    const outside = inner.map((axis) => this.#indices.get(axis.id));
    const innerLoops = inner.map((axis) => this.#openLoop(axis));
    const queryExpr = this.#inliner.element(query, this.#positionsOf(query.type.axes));
    const keyExpr = this.#inliner.element(key, this.#positionsOf(key.type.axes));
    inner.forEach((axis, n) => {
      const before = outside[n];
      if (before !== undefined) this.#indices.set(axis.id, before);
    });
    return {
      kind: "attend",
      batch: this.#axes(batch),
      queries: this.#axes(queries),
      keys: keyLoops,
      inner: innerLoops,
      valueAxes: this.#axes(valueAxes),
      query: queryExpr,
      key: keyExpr,
      value: this.#inliner.element(value, this.#positionsOf(value.type.axes)),
      mask: mask && this.#inliner.element(mask, this.#positionsOf(mask.type.axes)),
      scale,
    };
  }

  /** An axis of the values that queries and keys have too, and not as the one that is summed. */
  #isShared(axis: Axis, head: Value, inner: readonly Axis[]): boolean {
    const [query, key] = head.inputs;
    if (inner.includes(axis)) return false;
    return [query, key].some((operand) => operand?.type.axes.includes(axis));
  }

  #storeScatter(value: Value, tensor: number, at: readonly Expr[]): void {
    const [base, positions, values] = value.inputs;
    const axis = value.attrs.axis as Axis;
    invariant(
      base !== undefined && positions !== undefined && values !== undefined,
      "put needs a base, positions and values",
    );
    this.#computed.add(value);
    const { axes } = value.type;
    const updates = positions.type.axes.filter((other) => other === axis || !axes.includes(other));
    const stored = this.#inliner.element(base, this.#positionsOf(base.type.axes));
    const outer = this.#indices.get(axis.id);
    const loops = updates.map((update) => this.#openLoop(update));
    const position = this.#inliner.element(positions, this.#positionsOf(positions.type.axes));
    const update = this.#inliner.element(values, this.#positionsOf(values.type.axes));
    if (outer !== undefined) this.#indices.set(axis.id, outer);
    this.#operands = { kind: "scatter", grid: this.#axes(axes), updates: loops };
    this.#stores.push({ tensor, at, value: stored });
    const target = axes.map((other, n) => (other === axis ? position : (at[n] as Expr)));
    this.#stores.push({ tensor, at: target, value: update });
  }

  #placementOf(value: Value): Placement {
    const placement = placementIn(this.group, value);
    invariant(placement !== undefined, `${value.op} is not of this kernel`);
    return placement;
  }

  /** From loops named by axes to loops numbered by the kernel. */
  #positions(placement: Placement): readonly Expr[] {
    const rewrite = makeRewriter((leaf) =>
      leaf.kind === "axis" ? this.#indices.get(leaf.axis) : undefined,
    );
    return placement.map(rewrite);
  }

  #positionsOf(axes: readonly Axis[]): readonly Expr[] {
    return this.#positions(axes.map((axis) => this.#facts.indexOf(axis)));
  }

  #openLoop(axis: Axis): LoopAxis {
    const loop = { id: this.#loops.length, name: axis.name, extent: this.#facts.extent(axis) };
    this.#loops.push(loop);
    this.#indices.set(axis.id, axisIndex(loop.id, loop.extent));
    return loop;
  }

  /** The loops of a group's own axes, which were opened first. */
  #axes(axes: readonly Axis[]): readonly LoopAxis[] {
    const own = [...this.group.loops.grid, ...this.group.loops.lanes];
    return axes.map((axis) => this.#loops[own.indexOf(axis)] as LoopAxis);
  }
}
