import { InternalError, invariant } from "../diagnostics/internal-error.ts";
import type { Origin, Value } from "../ir/graph/graph.ts";
import type { GraphBuilder } from "../ir/graph/graph-builder.ts";
import { add } from "../ops/build/build.ts";
import { isFloat } from "../ops/build/type-rules.ts";
import { ops } from "../ops/registry.ts";
import { valuesInOrder } from "../ops/values-in-order.ts";

interface ReverseMode {
  readonly build: GraphBuilder;
  /** What is differentiated, with the gradient of the loss at it. */
  readonly seeds: ReadonlyMap<Value, Value>;
  /** With respect to what; values that the seeds do not depend on have no gradient. */
  readonly wanted: readonly Value[];
}

/**
 * Reverse mode on the graph: from the gradients at some values to those at others, as values of the same
 * graph. Only what lies between the wanted values and the seeds is visited.
 */
export function reverseMode({ build, seeds, wanted }: ReverseMode): ReadonlyMap<Value, Value> {
  const order = valuesInOrder([...seeds.keys()]);
  const onPath = pathFrom(new Set(wanted), order);
  const gradients = new Map<Value, Value>(seeds);
  for (const value of order.toReversed()) {
    const gradient = gradients.get(value);
    if (gradient === undefined || !value.inputs.some((input) => onPath.has(input))) continue;
    const parts = gradientsOf({ build, value, gradient });
    for (const [n, input] of value.inputs.entries()) {
      const part = parts[n];
      if (part === undefined || !onPath.has(input)) continue;
      invariant(
        isSameType(part, input),
        `the gradient rule of ${value.op} gives input ${n} another type than it has`,
      );
      const known = gradients.get(input);
      const origin = derivedFrom(input);
      gradients.set(input, known === undefined ? part : add(build, known, part, origin));
    }
  }
  return gradients;
}

function gradientsOf(of: {
  readonly build: GraphBuilder;
  readonly value: Value;
  readonly gradient: Value;
}): readonly (Value | undefined)[] {
  const { build, value, gradient } = of;
  const rule = ops.get(value.op)?.gradient;
  if (rule === undefined) throw new InternalError(`there is no operation ${value.op}`);
  // What has no gradient at all (positions, comparisons) ends the path.
  if (typeof rule === "string") return [];
  return rule({ build, value, gradient, origin: derivedFrom(value) });
}

/** The values that depend on `wanted` through floats, and these. */
function pathFrom(wanted: ReadonlySet<Value>, order: readonly Value[]): ReadonlySet<Value> {
  const found = new Set<Value>(wanted);
  for (const value of order) {
    if (!isFloat(value.type.element)) continue;
    if (value.inputs.some((input) => found.has(input))) found.add(value);
  }
  return found;
}

function isSameType(a: Value, b: Value): boolean {
  return (
    a.type.element === b.type.element &&
    a.type.axes.length === b.type.axes.length &&
    a.type.axes.every((axis, n) => axis === b.type.axes[n])
  );
}

function derivedFrom(from: Value): Origin {
  return { kind: "derived", by: "reverse-mode", from };
}
