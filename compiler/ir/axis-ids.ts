declare const meaning: unique symbol;

/** An axis of the graph: what expressions are over until their kernel has loops. */
export type AxisId = number & { readonly [meaning]: "axis" };

/** A loop of a kernel, or a dimension of a table that an expression fills; from 0 on. */
export type LoopId = number & { readonly [meaning]: "loop" };

/** A variable of the text that a loop nest writes; below 0, so that it is no loop of the kernel. */
export type VariableId = number & { readonly [meaning]: "variable" };

/** What an expression may be over. Which of them is meant is known where the expression is made. */
export type PositionId = AxisId | LoopId | VariableId;

export const axisId = (number: number): AxisId => number as AxisId;
export const loopId = (number: number): LoopId => number as LoopId;
export const variableId = (number: number): VariableId => number as VariableId;
