import type { Axis, Graph, Value } from "../../../compiler/ir/graph/graph.ts";
import { generator } from "./random-tensors.ts";
import { Sketch } from "./sketch.ts";
import { rmsNorm, softmax } from "./sketch-vit.ts";

/** A graph of random operations over a few small axes: what nobody would write, to see fusion hold. */
export function randomGraph(
  seed: number,
  sizes: readonly number[] = [2, 3, 4, 1, 5],
): { readonly sketch: Sketch; readonly graph: Graph } {
  const draft = new Draft(seed, sizes);
  for (let step = 0; step < 6 + draft.below(16); step++) draft.step();
  return { sketch: draft.sketch, graph: draft.finish() };
}

const mostElements = 600;

class Draft {
  readonly sketch = new Sketch();
  readonly #next: () => number;
  readonly #axes: Axis[];
  readonly #twins = new Map<Axis, Axis>();
  readonly #values: Value[] = [];
  #parameters = 0;

  constructor(seed: number, sizes: readonly number[]) {
    this.#next = generator(seed);
    const s = this.sketch;
    this.#axes = ["A", "B", "C", "One", "E"].map((name, n) => s.axis(name, sizes[n] ?? 1));
    const [a, b, c] = this.#axes as [Axis, Axis, Axis];
    this.#values.push(s.input("x", [a, b, c]), s.input("y", this.#someAxes()));
  }

  below(count: number): number {
    return Math.floor(this.#next() * count);
  }

  step(): void {
    const made = this.#make();
    const count = made?.type.axes.reduce((all, axis) => all * this.sketch.extent(axis), 1) ?? 0;
    if (made !== undefined && count <= mostElements) this.#values.push(made);
  }

  finish(): Graph {
    const last = this.#values.at(-1) as Value;
    const outputs = [
      last,
      ...Array.from({ length: this.below(3) }, () => this.#pick(this.#values)),
    ];
    return this.sketch.graph(Object.fromEntries(outputs.map((value, n) => [`out${n}`, value])));
  }

  #make(): Value | undefined {
    const s = this.sketch;
    const x = this.#pick(this.#values.slice(-6));
    switch (this.below(16)) {
      case 0:
        return s.erf(x);
      case 1:
        return s.mul(x, 0.5);
      case 2:
      case 3:
        return this.#pick([s.add, s.sub, s.mul, s.maximum])(x, this.#partner(x));
      case 4:
        return this.#overOneAxis(x, s.sum) ?? s.erf(x);
      case 5:
        return this.#overOneAxis(x, this.#pick([s.mean, s.max]));
      case 6:
      case 7:
        return this.#contract(x);
      case 8:
        return this.#overOneAxis(x, (value, axis) => softmax(s, value, axis));
      case 9:
        return this.#norm(x);
      case 10:
        return this.#rename(x);
      case 11:
        return this.#mergeAndSplit(x);
      case 12:
        return s.reorder(x, ...x.type.axes.toReversed());
      case 13:
        return this.#masked(x);
      case 14:
        return this.#overOneAxis(x, (value, axis) =>
          s.element(value, axis, this.below(s.extent(axis))),
        );
      default:
        return this.#joined(x);
    }
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  #someAxes(): readonly Axis[] {
    const chosen = this.#axes.filter(() => this.#next() < 0.5);
    return chosen.length > 0 ? chosen : [this.#pick(this.#axes)];
  }

  #parameter(axes: readonly Axis[]): Value {
    return this.sketch.parameter(`p${this.#parameters++}`, axes);
  }

  /** Another value, or weights over some axes. */
  #partner(x: Value): Value {
    if (this.#next() < 0.6) return this.#pick(this.#values);
    return this.#parameter(x.type.axes.filter(() => this.#next() < 0.6));
  }

  #overOneAxis(x: Value, rule: (x: Value, axis: Axis) => Value): Value | undefined {
    return x.type.axes.length === 0 ? undefined : rule(x, this.#pick(x.type.axes));
  }

  #contract(x: Value): Value | undefined {
    if (x.type.axes.length === 0) return undefined;
    const inner = x.type.axes.filter(() => this.#next() < 0.5);
    const over = inner.length > 0 ? inner : [this.#pick(x.type.axes)];
    const fresh = this.sketch.axis("F", 1 + this.below(6));
    const batch = x.type.axes.filter((axis) => !over.includes(axis) && this.#next() < 0.3);
    const product = this.sketch.mul(x, this.#parameter([fresh, ...batch, ...over]));
    return this.sketch.sum(product, ...over);
  }

  #norm(x: Value): Value | undefined {
    const axes = x.type.axes.filter(() => this.#next() < 0.6);
    if (axes.length === 0) return undefined;
    this.sketch.path = `norm${this.#parameters++}`;
    const normed = rmsNorm(this.sketch, x, axes);
    this.sketch.path = "";
    return normed;
  }

  #rename(x: Value): Value | undefined {
    if (x.type.axes.length === 0) return undefined;
    const axis = this.#pick(x.type.axes);
    const twin = this.#twins.get(axis) ?? this.sketch.twin(`${axis.name}'`, axis);
    this.#twins.set(axis, twin);
    this.#twins.set(twin, axis);
    return x.type.axes.includes(twin) ? undefined : this.sketch.rename(x, axis, twin);
  }

  #mergeAndSplit(x: Value): Value | undefined {
    const [a, b] = x.type.axes;
    if (a === undefined || b === undefined) return undefined;
    const s = this.sketch;
    const whole = s.axis("W", s.extent(a) * s.extent(b));
    const merged = s.merge(x, [a, b], whole);
    if (this.#next() < 0.4) return merged;
    const [left, right] = [s.axis("L", s.extent(b)), s.axis("R", s.extent(a))];
    return s.split(s.erf(merged), whole, left, right);
  }

  #masked(x: Value): Value | undefined {
    if (x.type.axes.length === 0) return undefined;
    const s = this.sketch;
    const axis = this.#pick(x.type.axes);
    const mask = s.lessEqual(s.index(axis), s.number(this.below(s.extent(axis)), "i32"));
    return s.where(mask, x, s.number(0.25));
  }

  #joined(x: Value): Value | undefined {
    const s = this.sketch;
    const axis = x.type.axes.find((candidate) => candidate.segments === undefined);
    if (axis === undefined) return undefined;
    const [front, back] = [s.axis("P", 1 + this.below(2)), s.axis("Q", s.extent(axis))];
    const join = s.join("J", [front], [back]);
    const rest = x.type.axes.filter((other) => other !== axis && this.#next() < 0.5);
    return s.concat(join, this.#parameter([front, ...rest]), s.rename(x, axis, back));
  }
}
