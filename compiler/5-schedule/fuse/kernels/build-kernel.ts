import { invariant } from "../../../diagnostics/internal-error.ts";
import { loopId, type PositionId } from "../../../ir/axis-ids.ts";
import { axisIndex, call, floatConstant } from "../../../ir/expr/expr.ts";
import type { Expr } from "../../../ir/expr/expr-form.ts";
import { isSameExpr } from "../../../ir/expr/expr-key.ts";
import { makeRewriter } from "../../../ir/expr/rewrite-expr.ts";
import type { Axis, Value } from "../../../ir/graph/graph.ts";
import type { Engine } from "../../../ir/kernel/engines/engine-registry.ts";
import type { LoopAxis, Reduction, Store } from "../../../ir/kernel/loops.ts";
import { axesOf } from "../../../ops/build/type-rules.ts";
import type { EngineSite } from "../engines/fused-engine.ts";
import { fusedEngine } from "../engines/fused-registry.ts";
import { type GraphFacts, scalarOfValue } from "../graph-facts.ts";
import { type Group, placementIn } from "../group.ts";
import { ElementInliner } from "../inline-element.ts";
import { isPerRow, type Placement } from "../place-value.ts";
import { type StateUpdate, storeOfUpdate } from "../state-updates.ts";

/** Gives the tensor of a value that another kernel stores; `undefined` where the value is inlined. */
export type TensorOf = (value: Value) => number | undefined;

/** What a kernel is asked to store: a value, or what a state is updated with where it belongs in the state. */
export interface Asked {
  readonly value: Value;
  readonly tensor: number;
  readonly update: StateUpdate | undefined;
}

/** Which tensor a kernel was told that a value is read from, if it is. */
interface Told {
  readonly value: Value;
  readonly tensor: number | undefined;
}

/** What a kernel was asked, and all that it was told for it: who asks and tells the same has the same kernel. */
type Answered = Asked & { readonly told: Told[] };

/**
 * Turns one group into one kernel, on demand: each value that some reader wants adds a store and whatever
 * reductions that needs. Asking may make `tensorOf` ask other groups in turn.
 */
export class KernelBuilder {
  #group: Group;
  readonly #facts: GraphFacts;
  readonly #tensorOf: TensorOf;
  readonly #inliner: ElementInliner;
  readonly #loops: LoopAxis[] = [];
  readonly #indices = new Map<PositionId, Expr>();
  readonly #reductions: Reduction[] = [];
  readonly #reductionOf = new Map<Value, number>();
  readonly #computed = new Set<Value>();
  readonly #loaded = new Set<number>();
  readonly #stores: Store[] = [];
  readonly #answered: Answered[] = [];
  #engine: Engine | undefined;

  constructor(group: Group, facts: GraphFacts, tensorOf: TensorOf) {
    this.#group = group;
    this.#facts = facts;
    this.#tensorOf = tensorOf;
    this.#inliner = new ElementInliner(facts, (value, at) => this.#resolve(value, at));
    for (const axis of [...group.loops.grid, ...group.loops.lanes]) this.#openLoop(axis);
  }

  get group(): Group {
    return this.#group;
  }

  /** The kernel of an equal group, of another grouping. */
  moveTo(group: Group): KernelBuilder {
    this.#group = group;
    return this;
  }

  /** What it was asked so far, to ask another one for the same, or to be that kernel again. */
  get answered(): readonly Readonly<Answered>[] {
    return this.#answered;
  }

  /** The same kernel where values are stored by others as `tensorOf` says; it stores only what is `wanted`. */
  again(tensorOf: TensorOf, wanted: (value: Value) => boolean = () => true): KernelBuilder {
    const trial = new KernelBuilder(this.group, this.#facts, tensorOf);
    for (const asked of this.#answered) if (wanted(asked.value)) trial.store(asked);
    return trial;
  }

  get stores(): readonly Store[] {
    return this.#stores;
  }

  /** Values computed or inlined here. */
  get computed(): readonly Value[] {
    return [...this.#computed];
  }

  /** No kernel of it binds more tensors: it may turn out that some of what is loaded is not needed. */
  get mostTensors(): number {
    this.engine();
    return new Set([...this.#loaded, ...this.#stores.map(({ tensor }) => tensor)]).size;
  }

  /** What is asked for is a member or a view of one. */
  store(asked: Asked): void {
    const { value, tensor, update } = asked;
    this.#answered.push({ value, tensor, update, told: [] });
    if (update === undefined) this.#storeValue(value, tensor);
    else this.#storeUpdate(update, tensor);
  }

  #storeValue(value: Value, tensor: number): void {
    const placement = this.#placementOf(value);
    const at = this.#positions(placement);
    const fused = fusedEngine(this.group.engine);
    const isResult = this.#facts.loweringOf(value).kind === "engine";
    if (isResult && fused.store !== undefined) {
      this.#computed.add(value);
      const { engine, stores } = fused.store(this.#site(), value, tensor, at);
      this.#engine = engine;
      this.#stores.push(...stores);
      return;
    }
    this.#add({ tensor, at, value: this.#inliner.element(value, at) }, placement);
  }

  #storeUpdate(update: StateUpdate, tensor: number): void {
    const placement = this.#placementOf(update.values);
    const at = this.#positions(placement);
    this.#add(storeOfUpdate(update, tensor, at, this.#inliner, this.#facts), placement);
  }

  #add(store: Store, placement: Placement): void {
    const { loops } = this.group;
    const isRow =
      (loops.lanes.length > 0 && isPerRow(placement, loops)) ||
      fusedEngine(this.group.engine).isPerRow?.(this.group, store.value) === true;
    this.#stores.push(isRow ? { ...store, perRow: true } : store);
  }

  engine(): Engine {
    this.#engine ??= fusedEngine(this.group.engine).open(this.#site());
    return this.#engine;
  }

  #resolve(value: Value, at: readonly Expr[]): Expr | undefined {
    const { engine, isCopy } = this.group;
    if (isCopy) return this.#load(value, at);
    const isReduction =
      this.group.members.has(value) && this.#facts.loweringOf(value).kind !== "element";
    if (isReduction) {
      this.#checkPlace(value, at);
      if (engine === "row") return this.#reduced(value);
      this.engine();
      this.#computed.add(value);
      const reduction = fusedEngine(engine).resultOf?.(value) ?? 0;
      return { kind: "reduced", reduction, type: "f32" };
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
    this.#answered.at(-1)?.told.push({ value, tensor });
    if (tensor === undefined) return undefined;
    this.#loaded.add(tensor);
    return { kind: "load", tensor, at, type: scalarOfValue(value) };
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

  #site(): EngineSite {
    return {
      group: this.group,
      engine: this.#engine,
      reductions: this.#reductions,
      loopsOf: (axes) => this.#axes(axes),
      openLoops: (axes) => axes.map((axis) => this.#openLoop(axis)),
      withLoops: (axes, body) => {
        const before = axes.map((axis) => this.#indices.get(axis.id));
        const result = body(axes.map((axis) => this.#openLoop(axis)));
        axes.forEach((axis, n) => {
          const index = before[n];
          if (index !== undefined) this.#indices.set(axis.id, index);
        });
        return result;
      },
      element: (value) => this.#inliner.element(value, this.#positionsOf(value.type.axes)),
    };
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
    const loop = {
      id: loopId(this.#loops.length),
      name: axis.name,
      extent: this.#facts.extent(axis),
    };
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
