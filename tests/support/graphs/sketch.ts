import { SizeTable } from "../../../compiler/dims/size-table.ts";
import type {
  Axis,
  ElementType,
  Graph,
  Lifetime,
  Origin,
  Value,
} from "../../../compiler/ir/graph/graph.ts";
import { GraphBuilder } from "../../../compiler/ir/graph/graph-builder.ts";
import * as make from "../../../compiler/ops/build/build.ts";
import * as move from "../../../compiler/ops/build/build-movement.ts";
import * as reduce from "../../../compiler/ops/build/build-reduction.ts";
import type { Extent } from "../../../compiler/ops/define-op.ts";
import { extentOf } from "../../../compiler/ops/extent.ts";

const span = { file: { path: "sketch.weft", text: "" }, start: 0, end: 0 };

/** Builds small graphs by hand, as the checker would from text. */
export class Sketch {
  readonly build = new GraphBuilder();
  readonly sizes = new SizeTable();
  readonly extent: Extent = extentOf(this.sizes, new Map());
  readonly #inputs: Value[] = [];
  /** What is stored, and what it is after the call. */
  readonly #stored = new Map<Value, Value>();
  readonly #lifetimes = new Map<Value, Lifetime>();
  path = "";

  get origin(): Origin {
    return { kind: "source", span, path: this.path };
  }

  axis(name: string, size: number): Axis {
    return this.build.axis(name, this.sizes.constant(size), undefined);
  }

  twin(name: string, axis: Axis): Axis {
    return this.build.twin(name, axis, undefined);
  }

  join(name: string, ...segments: readonly (readonly Axis[])[]): Axis {
    const size = segments
      .map((axes) => axes.reduce((product, axis) => product * this.extent(axis), 1))
      .reduce((a, b) => a + b, 0);
    return this.build.join(name, this.sizes.constant(size), segments, undefined);
  }

  input(name: string, axes: readonly Axis[], element: ElementType = "f32"): Value {
    const value = make.input(this.build, name, { element, axes }, this.origin);
    this.#inputs.push(value);
    return value;
  }

  parameter(name: string, axes: readonly Axis[], element: ElementType = "f32"): Value {
    const path = this.path === "" ? name : `${this.path}.${name}`;
    const value = make.parameter(this.build, path, { element, axes }, this.origin);
    this.#stored.set(value, value);
    return value;
  }

  state(name: string, axes: readonly Axis[], element: ElementType = "f32"): Value {
    return this.#state(name, axes, element, "generation");
  }

  /** A state that is saved, such as a moment. */
  moment(name: string, axes: readonly Axis[], element: ElementType = "f32"): Value {
    return this.#state(name, axes, element, "saved");
  }

  #state(name: string, axes: readonly Axis[], element: ElementType, lifetime: Lifetime): Value {
    const value = make.state(this.build, name, { element, axes }, this.origin);
    if (lifetime !== "generation") this.#lifetimes.set(value, lifetime);
    this.#stored.set(value, value);
    return value;
  }

  /** `stored := next`, of a state or a parameter. */
  store(stored: Value, next: Value): Value {
    this.#stored.set(stored, next);
    return next;
  }

  number(value: number, element: ElementType = "f32"): Value {
    return make.constant(this.build, value, element, this.origin);
  }

  readonly add = this.#binary(make.add);
  readonly sub = this.#binary(make.sub);
  readonly mul = this.#binary(make.mul);
  readonly div = this.#binary(make.div);
  readonly pow = this.#binary(make.pow);
  readonly maximum = this.#binary(make.maximum);
  readonly lessEqual = this.#binary(make.lessEqual);
  readonly exp = this.#unary(make.exp);
  readonly log = this.#unary(make.log);
  readonly erf = this.#unary(make.erf);
  readonly tanh = this.#unary(make.tanh);
  readonly sqrt = this.#unary(make.sqrt);
  readonly rsqrt = this.#unary(make.rsqrt);
  readonly stopGradient = this.#unary(make.stopGradient);
  readonly sum = this.#reduction(reduce.sum);
  readonly mean = this.#reduction(reduce.mean);
  readonly max = this.#reduction(reduce.maxOver);

  where(condition: Value, then: Value, otherwise: Value): Value {
    return make.where(this.build, condition, then, otherwise, this.origin);
  }
  convert(x: Value, element: ElementType): Value {
    return make.convert(this.build, x, element, this.origin);
  }
  index(axis: Axis): Value {
    return make.index(this.build, axis, this.origin);
  }
  rename(x: Value, from: Axis, to: Axis): Value {
    return move.rename(this.build, x, [from], [to], this.origin);
  }
  reorder(x: Value, ...axes: readonly Axis[]): Value {
    return move.reorder(this.build, x, axes, this.origin);
  }
  split(x: Value, axis: Axis, ...to: readonly Axis[]): Value {
    return move.split(this.build, x, axis, to, this.origin);
  }
  merge(x: Value, axes: readonly Axis[], to: Axis): Value {
    return move.merge(this.build, x, axes, to, this.origin);
  }
  element(x: Value, axis: Axis, position: number): Value {
    return move.element(this.build, x, axis, this.sizes.constant(position), this.origin);
  }
  put(x: Value, axis: Axis, positions: Value, values: Value): Value {
    return move.put(this.build, x, axis, positions, values, this.origin);
  }
  take(x: Value, axis: Axis, positions: Value): Value {
    return move.take(this.build, x, axis, positions, this.origin);
  }
  concat(axis: Axis, ...parts: readonly Value[]): Value {
    return move.concat(this.build, parts, axis, this.origin);
  }

  graph(outputs: Readonly<Record<string, Value>>): Graph {
    const dimensions = (value: Value) =>
      value.type.axes.map((axis) => ({ name: axis.name, axes: [axis] }));
    return {
      name: "sketch",
      inputs: this.#inputs.map((value) => ({
        name: String(value.attrs.name),
        value,
        dimensions: dimensions(value),
        reader: undefined,
        span,
      })),
      stored: [...this.#stored].map(([value, next]) => ({
        kind: value.op === "state" ? "state" : "param",
        path: String(value.attrs.path),
        value,
        next,
        lifetime: this.#lifetimes.get(value) ?? (value.op === "state" ? "generation" : "saved"),
        dimensions: dimensions(value),
        free: [],
        init: move.expandTo(
          this.build,
          make.constant(this.build, 0, value.type.element, this.origin),
          value.type.axes,
          this.origin,
        ),
        span,
      })),
      outputs: Object.entries(outputs).map(([name, value]) => ({
        name,
        value,
        dimensions: dimensions(value),
      })),
      freeAxes: [],
    };
  }

  #unary(rule: (build: GraphBuilder, x: Value, origin: Origin) => Value): (x: Value) => Value {
    return (x) => rule(this.build, x, this.origin);
  }
  #binary(
    rule: (build: GraphBuilder, a: Value, b: Value, origin: Origin) => Value,
  ): (a: Value, b: Value | number) => Value {
    return (a, b) => {
      const right = typeof b === "number" ? this.number(b, a.type.element) : b;
      return rule(this.build, a, right, this.origin);
    };
  }
  #reduction(
    rule: (build: GraphBuilder, x: Value, axes: readonly Axis[], origin: Origin) => Value,
  ): (x: Value, ...axes: readonly Axis[]) => Value {
    return (x, ...axes) => rule(this.build, x, axes, this.origin);
  }
}
