import type { Value } from "../../ir/graph/graph.ts";
import { fusedEngine } from "./engines/fused-registry.ts";
import type { GraphFacts } from "./graph-facts.ts";
import type { Group } from "./group.ts";
import type { Grouping } from "./grouping.ts";

/** How a kernel reads a value that it does not compute. */
export interface Use {
  readonly group: Group;
  /** Each element is read many times: `operand` by a contraction, an attention, a scatter. */
  readonly isOperand: boolean;
}

/** The kernels that read each value, their own group among them. */
export type Uses = ReadonlyMap<Value, readonly Use[]>;

/** Those of all values, given those of some. */
export function allUses(facts: GraphFacts, grouping: Grouping, known: Uses): Uses {
  const operands = operandsOf(grouping);
  const uses = new Map(known);
  for (const value of facts.values)
    if (!uses.has(value)) uses.set(value, usesOf(value, facts, grouping, known, operands));
  return uses;
}

/** The kernels that read a value, given those of the values that read it and that no group computes. */
export function usesOf(
  value: Value,
  facts: GraphFacts,
  grouping: Grouping,
  known: Uses,
  operands: ReadonlyMap<Value, readonly Group[]>,
): readonly Use[] {
  const uses: Use[] = [];
  const add = (use: Use): void => {
    const isNew = ({ group, isOperand }: Use) => group !== use.group || isOperand !== use.isOperand;
    if (uses.every(isNew)) uses.push(use);
  };
  const readers = facts.readersOf(value);
  for (const reader of readers) {
    const group = grouping.groupOf.get(reader);
    if (group === undefined) {
      const through = known.get(reader) ?? [];
      if (readers.length === 1 && !operands.has(value)) return through;
      through.forEach(add);
    } else {
      const isHead = group.head === reader;
      // The product is no value of its own: its operands are what the contraction reads.
      if (group.contraction !== undefined && isHead) continue;
      add({ group, isOperand: isHead && fusedEngine(group.engine).reusesInputs });
    }
  }
  for (const group of operands.get(value) ?? []) add({ group, isOperand: true });
  return uses;
}

/** The contractions that a value is an operand of. */
export function operandsOf(grouping: Grouping): ReadonlyMap<Value, readonly Group[]> {
  const operands = new Map<Value, Group[]>();
  for (const group of grouping.groups) {
    for (const operand of [group.contraction?.left, group.contraction?.right]) {
      if (operand !== undefined) operands.set(operand, [...(operands.get(operand) ?? []), group]);
    }
  }
  return operands;
}
