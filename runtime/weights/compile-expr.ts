import type { ParameterSpec } from "../../compiler/artifact.ts";
import { elementary } from "../numbers/elementary.ts";
import { brainBits, halfBits, wideBits } from "../numbers/half.ts";
import { uniform } from "./random.ts";

type Expr = ParameterSpec["init"];
type Axes = ParameterSpec["initAxes"];

/**
 * Fills `out` with the elements at positions `from` to `to` of the last axis, the other axes being at
 * `outer`. Real arithmetic is in float64 and is rounded once, when it is stored.
 */
export type FillRow = (
  out: Float32Array | Int32Array,
  outer: readonly number[],
  from: number,
  to: number,
) => void;

/**
 * Compiles an expression to JavaScript: what does not depend on the last axis is computed once per row,
 * and equal parts are computed once. `immediates` gives the numbers that the expression leaves open.
 */
export function compileExpr(
  expr: Expr,
  axes: Axes,
  immediates: Readonly<Record<string, number>>,
): FillRow {
  const writer = new Writer(axes, immediates);
  const value = writer.write(expr);
  const body = [
    '"use strict";',
    "return function (out, outer, from, to) {",
    ...writer.perRow,
    "for (let last = from; last < to; last++) {",
    ...writer.perElement,
    `out[last - from] = ${value.name};`,
    "}",
    "};",
  ].join("\n");
  const make = new Function(...Object.keys(library), body) as (...functions: unknown[]) => FillRow;
  return make(...Object.values(library));
}

const library = {
  ...elementary,
  uniform,
  floorMod: (a: number, b: number) => (b === 0 ? 0 : a - b * Math.floor(a / b)),
  floorDiv: (a: number, b: number) => (b === 0 ? 0 : Math.floor(a / b)),
  roundHalf: (x: number) => fromBits(wideBits(halfBits(toBits(x)))),
  roundBrain: (x: number) => fromBits(brainBits(toBits(x)) << 16),
};

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

function toBits(x: number): number {
  single[0] = x;
  return singleBits[0] ?? 0;
}

function fromBits(bits: number): number {
  singleBits[0] = bits;
  return single[0] ?? 0;
}

interface Written {
  /** A variable or a literal. */
  readonly name: string;
  readonly isPerElement: boolean;
}

class Writer {
  readonly perRow: string[] = [];
  readonly perElement: string[] = [];
  readonly #axes: Axes;
  readonly #immediates: Readonly<Record<string, number>>;
  /** By reference first, so that a shared part is not walked twice; then by text. */
  readonly #byNode = new Map<Expr, Written>();
  readonly #byText = new Map<string, Written>();

  constructor(axes: Axes, immediates: Readonly<Record<string, number>>) {
    this.#axes = axes;
    this.#immediates = immediates;
  }

  write(expr: Expr): Written {
    const known = this.#byNode.get(expr);
    if (known !== undefined) return known;
    const written = this.#writeNew(expr);
    this.#byNode.set(expr, written);
    return written;
  }

  #writeNew(expr: Expr): Written {
    switch (expr.kind) {
      case "constant":
        return { name: numberText(expr.value), isPerElement: false };
      case "axis": {
        const position = this.#axes.findIndex((axis) => axis.axis === expr.axis);
        if (position === -1)
          throw new Error(`an initialiser uses the axis ${expr.axis}, which it does not have`);
        if (position === this.#axes.length - 1) return { name: "last", isPerElement: true };
        return this.#bind(`outer[${position}]`, []);
      }
      case "immediate": {
        const value = this.#immediates[expr.name];
        if (value === undefined) throw new Error(`an initialiser needs the number ${expr.name}`);
        return { name: numberText(value), isPerElement: false };
      }
      case "select": {
        const parts = [expr.condition, expr.then, expr.otherwise].map((part) => this.write(part));
        const [condition, yes, no] = parts.map((part) => part.name);
        return this.#bind(`${condition} !== 0 ? ${yes} : ${no}`, parts);
      }
      case "call": {
        const parts = expr.args.map((argument) => this.write(argument));
        const operands = expr.args[0]?.type ?? expr.type;
        return this.#bind(
          callText(
            expr.fn,
            operands,
            parts.map((part) => part.name),
          ),
          parts,
        );
      }
      case "load":
      case "reduced":
        throw new Error(`an initialiser cannot hold a ${expr.kind}`);
    }
  }

  #bind(text: string, parts: readonly Written[]): Written {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const isPerElement = parts.some((part) => part.isPerElement);
    const written = { name: `v${this.#byText.size}`, isPerElement };
    (isPerElement ? this.perElement : this.perRow).push(`const ${written.name} = ${text};`);
    this.#byText.set(text, written);
    return written;
  }
}

type CallName = Extract<Expr, { kind: "call" }>["fn"];

/** The text of a call; the meaning is that of the compiler's scalar functions. */
function callText(fn: CallName, operands: Expr["type"], args: readonly string[]): string {
  const [a = "0", b = "0", c = "0"] = args;
  const isInteger = operands === "i32" || operands === "u32";
  const wrap = (text: string) => (operands === "u32" ? `(${text}) >>> 0` : `(${text}) | 0`);
  const arithmetic = (text: string) => (isInteger ? wrap(text) : text);
  switch (fn) {
    case "add":
      return arithmetic(`${a} + ${b}`);
    case "sub":
      return arithmetic(`${a} - ${b}`);
    case "mul":
      return isInteger ? wrap(`Math.imul(${a}, ${b})`) : `${a} * ${b}`;
    case "div":
      return isInteger ? wrap(`floorDiv(${a}, ${b})`) : `${a} / ${b}`;
    case "mod":
      return arithmetic(`floorMod(${a}, ${b})`);
    case "neg":
      return arithmetic(`-${a}`);
    case "fma":
      return `${a} * ${b} + ${c}`;
    case "min":
    case "max":
    case "abs":
    case "floor":
    case "sqrt":
      return `Math.${fn}(${args.join(", ")})`;
    case "clamp":
      return `Math.min(Math.max(${a}, ${b}), ${c})`;
    case "rsqrt":
      return `1 / Math.sqrt(${a})`;
    case "exp":
    case "log":
    case "sin":
    case "cos":
    case "tanh":
    case "pow":
    case "erf":
    case "erf_inv":
    case "uniform":
      return `${fn}(${args.join(", ")})`;
    case "eq":
      return `${a} === ${b} ? 1 : 0`;
    case "ne":
      return `${a} !== ${b} ? 1 : 0`;
    case "lt":
      return `${a} < ${b} ? 1 : 0`;
    case "le":
      return `${a} <= ${b} ? 1 : 0`;
    case "gt":
      return `${a} > ${b} ? 1 : 0`;
    case "ge":
      return `${a} >= ${b} ? 1 : 0`;
    case "and":
      return `${a} !== 0 && ${b} !== 0 ? 1 : 0`;
    case "or":
      return `${a} !== 0 || ${b} !== 0 ? 1 : 0`;
    case "not":
      return `${a} === 0 ? 1 : 0`;
    case "to_bool":
      return `${a} !== 0 ? 1 : 0`;
    case "to_f32":
      return `${a}`;
    case "to_i32":
      return `Math.trunc(${a}) | 0`;
    case "to_u32":
      return `Math.trunc(${a}) >>> 0`;
    case "round_f16":
      return `roundHalf(${a})`;
    case "round_bf16":
      return `roundBrain(${a})`;
  }
}

/** A negative literal in brackets, so that `-` in front of it cannot become `--`. */
function numberText(value: number): string {
  if (Object.is(value, -0)) return "(-0)";
  return value < 0 ? `(${value})` : String(value);
}
