import { InternalError, invariant } from "../../diagnostics/internal-error.ts";
import type { PositionId } from "../axis-ids.ts";
import type { KernelTensor } from "../kernel/kernel-tensor.ts";
import type { LoopAxis, Store } from "../kernel/loops.ts";
import { scalarFunction } from "../scalar-functions/scalar-functions.ts";
import { childrenOf, nodesOf } from "./expr-cost.ts";
import type { Expr } from "./expr-form.ts";

export type Evaluate = () => number;

/**
 * Expressions as closures over the current loop positions, each compiled once. A part that several places
 * share is computed once per position; the branch of a select that is not taken is not computed.
 */
export class ExprEvaluator {
  readonly #tensors: readonly KernelTensor[];
  readonly #data: ReadonlyMap<number, Float64Array>;
  readonly #immediates: Readonly<Record<string, number>>;
  readonly #positions: number[] = [];
  readonly #reduced: number[] = [];
  /** Which elements have been stored, by tensor. */
  readonly #stored = new Map<number, Uint8Array>();
  /** Counts changes of position or reduction: what was computed before is stale. */
  #moment = 0;

  constructor(
    tensors: readonly KernelTensor[],
    data: ReadonlyMap<number, Float64Array>,
    immediates: Readonly<Record<string, number>>,
  ) {
    this.#tensors = tensors;
    this.#data = data;
    this.#immediates = immediates;
  }

  loop(axes: readonly LoopAxis<PositionId>[], body: () => void, from = 0): void {
    const axis = axes[from];
    if (axis === undefined) {
      this.#moment++;
      body();
      return;
    }
    for (let n = 0; n < axis.extent; n++) {
      this.#positions[axis.id] = n;
      this.loop(axes, body, from + 1);
    }
    // Outside its loop an axis has no position: reading it is a mistake that shows.
    this.#positions[axis.id] = Number.NaN;
    this.#moment++;
  }

  /** The positions of one axis from `first` to before `end`. */
  loopBetween({ id }: LoopAxis<PositionId>, first: number, end: number, body: () => void): void {
    for (let n = first; n < end; n++) {
      this.#positions[id] = n;
      this.#moment++;
      body();
    }
    this.#positions[id] = Number.NaN;
    this.#moment++;
  }

  setReduced(number: number, value: number): void {
    this.#reduced[number] = value;
    this.#moment++;
  }

  data(tensor: number): Float64Array {
    const data = this.#data.get(tensor);
    invariant(
      data !== undefined,
      `${this.#tensors[tensor]?.name ?? tensor} is read before it is made`,
    );
    return data;
  }

  /** A store in two steps: what it reads, and what it leaves. */
  store(store: Store): { readonly read: () => void; readonly write: () => void } {
    const offset = this.offset(store.tensor, store.at);
    const value = this.compile(store.value);
    const when = store.when === undefined ? () => 1 : this.compile(store.when);
    const data = this.data(store.tensor);
    const done = this.#stored.get(store.tensor) ?? new Uint8Array(data.length);
    this.#stored.set(store.tensor, done);
    let place = -1;
    let element = Number.NaN;
    return {
      read: () => {
        place = when() === 0 ? -1 : offset();
        if (place >= 0) element = value();
      },
      write: () => {
        if (place < 0) return;
        if (done[place] === 1) throw new InternalError("an element is stored twice");
        done[place] = 1;
        data[place] = element;
      },
    };
  }

  compile(root: Expr): Evaluate {
    const uses = new Map<Expr, number>();
    const nodes = nodesOf([root]);
    for (const node of nodes) {
      for (const child of childrenOf(node)) uses.set(child, (uses.get(child) ?? 0) + 1);
    }
    const done = new Map<Expr, Evaluate>();
    for (const node of nodes) {
      const evaluate = this.#compileNode(node, (child) => done.get(child) as Evaluate);
      const isShared = (uses.get(node) ?? 0) > 1 && childrenOf(node).length > 0;
      done.set(node, isShared ? this.#remember(evaluate) : evaluate);
    }
    return done.get(root) as Evaluate;
  }

  /** Row-major; a position outside the tensor is an error, not a neighbour's element. */
  offset(tensor: number, at: readonly Expr[]): Evaluate {
    return this.#offset(
      tensor,
      at.map((position) => this.compile(position)),
    );
  }

  #offset(number: number, positions: readonly Evaluate[]): Evaluate {
    const tensor = this.#tensors[number];
    invariant(tensor?.shape.length === positions.length, `tensor ${number} has another rank`);
    const { shape, name } = tensor;
    return () => {
      let offset = 0;
      for (let n = 0; n < shape.length; n++) {
        const position = (positions[n] as Evaluate)();
        const extent = shape[n] as number;
        if (!(position >= 0 && position < extent)) {
          throw new InternalError(`${name} is read or written at ${position} of ${extent}`);
        }
        offset = offset * extent + position;
      }
      return offset;
    };
  }

  #remember(evaluate: Evaluate): Evaluate {
    let moment = -1;
    let value = 0;
    return () => {
      if (moment !== this.#moment) {
        value = evaluate();
        moment = this.#moment;
      }
      return value;
    };
  }

  #compileNode(expr: Expr, child: (expr: Expr) => Evaluate): Evaluate {
    switch (expr.kind) {
      case "constant": {
        const { value } = expr;
        return () => value;
      }
      case "axis": {
        const positions = this.#positions;
        const { axis } = expr;
        return () => positions[axis] as number;
      }
      case "reduced": {
        const reduced = this.#reduced;
        const { reduction } = expr;
        return () => reduced[reduction] as number;
      }
      case "immediate": {
        const value = this.#immediates[expr.name];
        invariant(value !== undefined, `nothing gives the immediate ${expr.name}`);
        return () => value;
      }
      case "load": {
        const offset = this.#offset(expr.tensor, expr.at.map(child));
        const data = this.data(expr.tensor);
        return () => data[offset()] as number;
      }
      case "select": {
        const condition = child(expr.condition);
        const then = child(expr.then);
        const otherwise = child(expr.otherwise);
        return () => (condition() !== 0 ? then() : otherwise());
      }
      case "call": {
        const compute = scalarFunction(expr.fn, expr.args[0]?.type ?? expr.type);
        const args = expr.args.map(child);
        const [a, b] = args;
        if (args.length === 1 && a !== undefined) return () => compute(a());
        if (args.length === 2 && a !== undefined && b !== undefined) return () => compute(a(), b());
        return () => compute(...args.map((arg) => arg()));
      }
    }
  }
}
