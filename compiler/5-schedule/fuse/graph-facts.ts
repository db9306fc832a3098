import { invariant } from "../../diagnostics/internal-error.ts";
import { axisIndex } from "../../ir/expr/expr.ts";
import { costOf, type ExprCost } from "../../ir/expr/expr-cost.ts";
import type { Expr } from "../../ir/expr/expr-form.ts";
import type { ScalarType } from "../../ir/expr/scalar-types.ts";
import type { Axis, Graph, GraphStored, Value } from "../../ir/graph/graph.ts";
import { isUpdated, pathsOfUpdated } from "../../ir/graph/graph-results.ts";
import type { Extent, Lowering, OpDefinition } from "../../ops/define-op.ts";
import { scalarOf } from "../../ops/lowering.ts";
import { valuesInOrder } from "../../ops/values-in-order.ts";
import { resultsWithSlabs, type Slab, slabsIn } from "./slabs.ts";
import { type StateUpdate, stateUpdates } from "./state-updates.ts";

/** How an element rule reads one input: a position for each of the input's axes. */
interface Access {
  readonly input: Value;
  readonly at: readonly Expr[];
}

/**
 * What fusion asks about a graph: its values in order, who reads what, and how. Positions are
 * expressions over the reader's own axes, numbered by the axes' ids.
 */
export class GraphFacts {
  readonly graph: Graph;
  readonly extent: Extent;
  /** Every value that an output needs, inputs before readers. */
  readonly values: readonly Value[];
  readonly outputs: ReadonlySet<Value>;
  /** States that are stored to in part: their `put` is a stored tensor, and its values are results. */
  readonly updates: ReadonlyMap<Value, StateUpdate>;
  /** Tensors that lie end to end, by the value that is all of them: a stored tensor too. */
  readonly slabs: ReadonlyMap<Value, Slab>;
  /** What is computed and stored in slabs, or in tensors that outlive the run. */
  readonly landing: ReadonlySet<Value>;
  /** Paths of what this step, or another one of the mode, stores to: kernels read and write it in place. */
  readonly updated: ReadonlySet<string>;
  readonly #ops: ReadonlyMap<string, OpDefinition>;
  readonly #readers = new Map<Value, Value[]>();
  readonly #lowerings = new Map<Value, Lowering>();
  readonly #indices = new Map<Axis, Expr>();
  readonly #accesses = new Map<
    Value,
    { readonly accesses: readonly Access[]; readonly cost: ExprCost }
  >();

  constructor(
    graph: Graph,
    ops: ReadonlyMap<string, OpDefinition>,
    extent: Extent,
    updatedElsewhere: Iterable<string> = [],
  ) {
    this.graph = graph;
    this.extent = extent;
    this.updated = new Set([...pathsOfUpdated(graph), ...updatedElsewhere]);
    this.#ops = ops;
    this.slabs = slabsIn(graph, (stored) => this.isInPlace(stored), extent);
    const results = resultsWithSlabs(graph, this.slabs.values());
    this.landing = this.#landing();
    this.outputs = new Set([...results, ...this.landing]);
    this.values = valuesInOrder(results, this.inputsOf);
    for (const value of this.values) {
      for (const input of new Set(this.inputsOf(value))) {
        const readers = this.#readers.get(input);
        if (readers === undefined) this.#readers.set(input, [value]);
        else readers.push(value);
      }
    }
    this.updates = stateUpdates(this);
    const { updates } = this;
    if (updates.size === 0) return;
    for (const value of updates.keys()) this.#lowerings.set(value, { kind: "storage" });
    this.outputs = new Set([...this.outputs].map((value) => updates.get(value)?.values ?? value));
    for (const [value, readers] of this.#readers) {
      const others = readers.filter((reader) => !updates.has(reader));
      this.#readers.set(value, others);
    }
  }

  /** Is it a state to the kernels, which are read and written in place? */
  isInPlace({ kind, path }: GraphStored): boolean {
    return kind === "state" || this.updated.has(path);
  }

  #landing(): ReadonlySet<Value> {
    const slabs = [...this.slabs.values()];
    const inSlabs = slabs.flatMap(({ value, after }) => {
      if (after === undefined) return value.inputs;
      return after === value ? [] : [after];
    });
    const parts = new Set(slabs.flatMap(({ value, after }) => (after ? value.inputs : [])));
    // Counters take part in whatever reads them: maps of their own would crowd out what those kernels bind.
    const others = this.graph.stored.filter((one) => {
      const isTensor = one.value.type.axes.length > 0;
      return isTensor && one.lifetime === "saved" && isUpdated(one) && !parts.has(one.value);
    });
    const landing = [...inSlabs, ...others.map(({ next }) => next)];
    return new Set(landing.filter((value) => !this.isStorage(value)));
  }

  /** What is computed before `value` in a run: what a table is made of is computed before the program runs. */
  readonly inputsOf = (value: Value): readonly Value[] =>
    value.op === "table" ? [] : value.inputs;

  /** Each reader once, in order. */
  readersOf(value: Value): readonly Value[] {
    return this.#readers.get(value) ?? [];
  }

  loweringOf(value: Value): Lowering {
    const known = this.#lowerings.get(value);
    if (known !== undefined) return known;
    const op = this.#ops.get(value.op);
    invariant(op !== undefined, `there is no operation ${value.op}`);
    this.#lowerings.set(value, op.lowering);
    return op.lowering;
  }

  /** Costs nothing to repeat: moves elements, or makes them from positions. */
  isView(value: Value): boolean {
    const lowering = this.loweringOf(value);
    return lowering.kind === "element" && lowering.isView;
  }

  isPointwise(value: Value): boolean {
    const lowering = this.loweringOf(value);
    return lowering.kind === "element" && !lowering.isView;
  }

  isStorage(value: Value): boolean {
    return this.loweringOf(value).kind === "storage";
  }

  extentsOf(axes: readonly Axis[]): readonly number[] {
    return axes.map(this.extent);
  }

  elementCount(axes: readonly Axis[]): number {
    return axes.reduce((count, axis) => count * this.extent(axis), 1);
  }

  /** The same object each time that it is asked for. */
  indexOf(axis: Axis): Expr {
    const known = this.#indices.get(axis);
    if (known !== undefined) return known;
    const index = axisIndex(axis.id, this.extent(axis));
    this.#indices.set(axis, index);
    return index;
  }

  accessesOf(value: Value): readonly Access[] {
    return this.#probe(value).accesses;
  }

  /** The work of this one operation for one element, without its inputs. */
  ownCostOf(value: Value): ExprCost {
    return this.#probe(value).cost;
  }

  /** One element of `value` at `at`, from elements of its inputs. */
  element(
    value: Value,
    at: (axis: Axis) => Expr,
    input: (n: number, at: (axis: Axis) => Expr) => Expr,
  ): Expr {
    const lowering = this.loweringOf(value);
    invariant(lowering.kind === "element", `${value.op} has no element rule`);
    return lowering.element({
      attrs: value.attrs,
      type: value.type,
      inputTypes: value.inputs.map((operand) => operand.type),
      extent: this.extent,
      at,
      input,
    });
  }

  #probe(value: Value): { readonly accesses: readonly Access[]; readonly cost: ExprCost } {
    const known = this.#accesses.get(value);
    if (known !== undefined) return known;
    const accesses: Access[] = [];
    let cost: ExprCost = { flops: 0, transcendentals: 0, loads: 0 };
    if (this.loweringOf(value).kind === "element") {
      const expr = this.element(
        value,
        (axis) => this.indexOf(axis),
        (n, at) => {
          const input = value.inputs[n];
          invariant(input !== undefined, `${value.op} has no input ${n}`);
          const positions = input.type.axes.map(at);
          accesses.push({ input, at: positions });
          return { kind: "load", tensor: -1 - n, at: positions, type: scalarOfValue(input) };
        },
      );
      cost = costOf(expr);
    }
    const probed = { accesses, cost };
    this.#accesses.set(value, probed);
    return probed;
  }
}

export function scalarOfValue(value: Value): ScalarType {
  return scalarOf(value.type.element);
}
