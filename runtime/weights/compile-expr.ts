import type { StoredSpec } from "../../compiler/artifact.ts";
import { InternalError } from "../internal-error.ts";
import { type RowFunction, rowFunction } from "./row-functions.ts";

type Expr = StoredSpec["init"];
type Axes = StoredSpec["initAxes"];

/**
 * Fills `out` with the elements at positions `from` to `to` of the last axis, the other axes being at
 * `outer`. Real arithmetic is in float64 and is rounded once, when it is stored.
 */
type FillRow = (
  out: Float32Array | Int32Array,
  outer: readonly number[],
  from: number,
  to: number,
) => void;

/**
 * Compiles an expression to a list of steps over stretches of a row: what does not depend on the last axis is
 * computed once per row, and equal parts are computed once. `immediates` gives the numbers that the expression
 * leaves open. An expression is data, perhaps from a file that anyone wrote: nothing of it is ever run as a program.
 */
export function compileExpr(
  expr: Expr,
  axes: Axes,
  immediates: Readonly<Record<string, number>>,
): FillRow {
  const steps = new Steps(axes, immediates);
  const value = steps.place(expr);
  const result = registerAt(value.register);
  return (out, outer, from, to) => {
    if (filledFor !== steps) {
      for (const [register, number] of steps.numbers) registerAt(register).fill(number);
      filledFor = steps;
    }
    const longest = Math.min(stretch, to - from);
    for (const step of steps.perRow) step(longest, outer, from);
    for (let start = from; start < to; start += stretch) {
      const count = Math.min(stretch, to - start);
      for (const step of steps.perElement) step(count, outer, start);
      for (let n = 0; n < count; n++) out[start - from + n] = result[n] as number;
    }
  };
}

/** Places computed by one step before the next takes its turn: few enough that all registers stay near the core. */
const stretch = 256;

/** Registers are shared by all expressions: a row is filled in one go, and parameters are many. */
const pool: Float64Array[] = [];
/** Whose numbers stand in the registers: rows of one expression come one after the other. */
let filledFor: Steps | undefined;

function registerAt(number: number): Float64Array {
  const known = pool[number];
  if (known !== undefined) return known;
  const register = new Float64Array(stretch);
  pool[number] = register;
  return register;
}

/** Fills one register: `count` places of it, the first one being position `start` of the last axis. */
type Step = (count: number, outer: readonly number[], start: number) => void;

interface Place {
  readonly register: number;
  readonly isPerElement: boolean;
}

/** The steps of one expression, each after those that it reads. */
class Steps {
  /** What depends on no axis, by its register: known before the first row. */
  readonly numbers = new Map<number, number>();
  readonly perRow: Step[] = [];
  readonly perElement: Step[] = [];
  readonly #axes: Axes;
  readonly #immediates: Readonly<Record<string, number>>;
  /** By reference first, so that a shared part is not walked twice; then by what it computes from which registers. */
  readonly #byNode = new Map<Expr, Place>();
  readonly #byMeaning = new Map<string, Place>();

  constructor(axes: Axes, immediates: Readonly<Record<string, number>>) {
    this.#axes = axes;
    this.#immediates = immediates;
  }

  place(expr: Expr): Place {
    const known = this.#byNode.get(expr);
    if (known !== undefined) return known;
    const place = this.#placeNew(expr);
    this.#byNode.set(expr, place);
    return place;
  }

  #placeNew(expr: Expr): Place {
    switch (expr.kind) {
      case "constant":
        return this.#number(expr.value);
      case "axis":
        return this.#position(expr.axis);
      case "immediate": {
        const value = this.#immediates[expr.name];
        if (value === undefined)
          throw new InternalError(`an initialiser needs the number ${expr.name}`);
        return this.#number(value);
      }
      case "select": {
        const parts = [expr.condition, expr.then, expr.otherwise].map((part) => this.place(part));
        return this.#compute("select", choose, parts);
      }
      case "call": {
        const parts = expr.args.map((argument) => this.place(argument));
        const operands = expr.args[0]?.type ?? expr.type;
        return this.#compute(`${expr.fn} ${operands}`, rowFunction(expr.fn, operands), parts);
      }
      case "load":
      case "reduced":
        throw new InternalError(`an initialiser cannot hold a ${expr.kind}`);
    }
  }

  #number(value: number): Place {
    const place = this.#add(Object.is(value, -0) ? "-0" : String(value), false);
    this.numbers.set(place.register, value);
    return place;
  }

  #position(axis: number): Place {
    const position = this.#axes.findIndex((each) => each.axis === axis);
    if (position === -1)
      throw new InternalError(`an initialiser uses the axis ${axis}, which it does not have`);
    if (position < this.#axes.length - 1) {
      return this.#add(`axis ${position}`, false, (target) => (count, outer) => {
        target.fill(outer[position] ?? 0, 0, count);
      });
    }
    return this.#add("last axis", true, (target) => (count, _, start) => {
      for (let n = 0; n < count; n++) target[n] = start + n;
    });
  }

  #compute(name: string, loop: RowFunction, parts: readonly Place[]): Place {
    const known = parts.map((part) => this.numbers.get(part.register));
    if (known.every((number) => number !== undefined)) return this.#number(onNumbers(loop, known));
    const isPerElement = parts.some((part) => part.isPerElement);
    const registers = parts.map((part) => part.register);
    // Where there are no more operands the first stands again: a read beyond an end would slow every loop.
    const [a = none, b = a, c = a, d = a, e = a] = registers.map(registerAt);
    return this.#add(`${name} ${registers.join(" ")}`, isPerElement, (target) => {
      if (isPerElement) return (count) => loop(count, target, a, b, c, d, e);
      return (count) => {
        loop(1, target, a, b, c, d, e);
        target.fill(target[0] ?? 0, 0, count);
      };
    });
  }

  #add(meaning: string, isPerElement: boolean, make?: (target: Float64Array) => Step): Place {
    const known = this.#byMeaning.get(meaning);
    if (known !== undefined) return known;
    const place = { register: this.#byMeaning.size, isPerElement };
    this.#byMeaning.set(meaning, place);
    const step = make?.(registerAt(place.register));
    if (step !== undefined) (isPerElement ? this.perElement : this.perRow).push(step);
    return place;
  }
}

function onNumbers(loop: RowFunction, numbers: readonly number[]): number {
  const [a = none, b = a, c = a, d = a, e = a] = numbers.map((number) => Float64Array.of(number));
  const out = new Float64Array(1);
  loop(1, out, a, b, c, d, e);
  return out[0] ?? 0;
}

/** Stands for the operands of a function that has none. */
const none = new Float64Array(0);

const choose: RowFunction = (count, out, condition, yes, no) => {
  for (let n = 0; n < count; n++) out[n] = (condition[n] !== 0 ? yes[n] : no[n]) as number;
};
