import type { ScalarType } from "../expr/scalar-types.ts";
import type { Range } from "./ranges.ts";
import type { WgslText } from "./wgsl-call.ts";

export type Numeric = (...args: number[]) => number;

/** Which element types a function takes; its operands all have one type. */
export type Operands = "float" | "number" | "integer" | "bool" | "any";

/** Everything that the compiler knows of one scalar function of the kernel form. */
export interface ScalarFunction {
  readonly arity: number;
  readonly operands: Operands;
  readonly result: "operands" | ScalarType;
  /** What it means in float64. Booleans are 0 and 1. */
  readonly meaning: Numeric;
  /** What it means on i32, exactly, where that is another function; a u32 is the same modulo 2^32. */
  readonly wholeMeaning: Numeric | undefined;
  readonly wgsl: WgslText;
  /** Bounds of the result. `range` gives those of an operand and is asked only where they matter. */
  readonly range: ((range: (operand: number) => Range, type: ScalarType) => Range) | "type";
  /** Flops of one call, or "expensive": as much as tens of flops. */
  readonly cost: 0 | 1 | 2 | "expensive";
}

/** Keeps the literal types of a record, from which lists of functions are derived. */
export function defineFunction<const F extends ScalarFunction>(record: F): F {
  return record;
}

type FloatRecord<Cost> = Pick<ScalarFunction, "meaning" | "wgsl"> & {
  readonly cost: Cost;
  readonly range?: ScalarFunction["range"];
};

/** A function of one float that gives a float. */
export function floatFunction<const Cost extends ScalarFunction["cost"]>({
  range = "type",
  ...record
}: FloatRecord<Cost>) {
  return {
    ...record,
    range,
    arity: 1,
    operands: "float",
    result: "operands",
    wholeMeaning: undefined,
  } as const satisfies ScalarFunction;
}

/** Whether something holds: gives a bool, which costs next to nothing. */
export function testFunction<const Takes extends Operands>(
  operands: Takes,
  arity: 1 | 2,
  meaning: Numeric,
  wgsl: WgslText,
) {
  return {
    arity,
    operands,
    result: "bool",
    meaning,
    wholeMeaning: undefined,
    wgsl,
    range: "type",
    cost: 1,
  } as const satisfies ScalarFunction;
}
