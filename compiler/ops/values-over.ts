import { invariant } from "../diagnostics/internal-error.ts";
import type { Value } from "../ir/graph/graph.ts";
import type { GraphBuilder } from "../ir/graph/graph-builder.ts";
import { ops } from "./registry.ts";
import { valuesInOrder } from "./values-in-order.ts";

interface OtherInputs {
  /** Left as it is, with all that it is made of. */
  readonly isKept: (value: Value) => boolean;
  /** What `reader` takes in the place of an input; undefined for the same input, over what that takes. */
  readonly inputOf: (input: Value, reader: Value) => Value | undefined;
}

/** Values over other inputs than they were made of: what `roots` become. Types follow from those of the inputs. */
export function valuesOver(
  build: GraphBuilder,
  roots: readonly Value[],
  { isKept, inputOf }: OtherInputs,
): (root: Value) => Value {
  const done = new Map<Value, Value>();
  const newOf = (value: Value): Value => {
    const found = done.get(value);
    invariant(found !== undefined, `${value.op} was not made again`);
    return found;
  };
  for (const value of valuesInOrder(roots, (one) => (isKept(one) ? [] : one.inputs))) {
    const { op, attrs, origin } = value;
    const inputs = isKept(value)
      ? value.inputs
      : value.inputs.map((input) => inputOf(input, value) ?? newOf(input));
    const isSame = inputs.every((input, n) => input === value.inputs[n]);
    const type = isSame
      ? value.type
      : ops.get(op)?.infer(
          inputs.map((input) => input.type),
          attrs,
        );
    invariant(type !== undefined, `there is no operation ${op}`);
    done.set(value, isSame ? value : build.value(op, inputs, attrs, type, origin));
  }
  return newOf;
}
