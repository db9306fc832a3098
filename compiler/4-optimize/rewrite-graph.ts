import { invariant } from "../diagnostics/internal-error.ts";
import type { Attrs, Graph, Origin, TensorType, Value } from "../ir/graph/graph.ts";
import { valuesInOrder } from "../ops/values-in-order.ts";
import type { PassContext } from "./pass.ts";

/**
 * A rewrite of one value whose inputs are already rewritten. `rebuilt` is the value itself over its new
 * inputs; returning it changes nothing.
 */
type Rewrite = (rebuilt: Value, original: Value) => Value;

/** How a value that no rewrite replaces is rebuilt, where a pass changes types or attributes throughout. */
interface Rebuild {
  readonly attrs: (value: Value) => Attrs;
  /** What it reads, from what was made of its inputs. */
  readonly inputs?: (value: Value, inputs: readonly Value[]) => readonly Value[];
  readonly type: (value: Value, inputs: readonly Value[], attrs: Attrs) => TensorType;
}

/**
 * Applies `rewrite` to every value that the graph reaches, inputs first, and to initialisers. What a value becomes
 * depends on it and on the context alone, so that it is done once for all graphs of a context.
 */
export function rewriteGraph(
  graph: Graph,
  pass: string,
  context: PassContext,
  rewrite: Rewrite,
  rebuild: Rebuild = plainRebuild(context),
): Graph {
  const done = context.rewritten.get(pass) ?? new Map<Value, Value>();
  context.rewritten.set(pass, done);
  const newOf = (value: Value): Value => {
    const found = done.get(value);
    invariant(found !== undefined, `${pass} did not reach ${value.op}`);
    return found;
  };
  const roots = [
    ...graph.inputs.map((input) => input.value),
    ...graph.stored.flatMap((one) => [one.value, one.next, one.init]),
    ...graph.outputs.map((output) => output.value),
  ];
  for (const value of valuesInOrder(roots, (one) => (done.has(one) ? [] : one.inputs))) {
    if (done.has(value)) continue;
    const made = value.inputs.map(newOf);
    const inputs = rebuild.inputs?.(value, made) ?? made;
    const attrs = rebuild.attrs(value);
    const type = rebuild.type(value, inputs, attrs);
    const isSame =
      attrs === value.attrs &&
      type === value.type &&
      inputs.every((input, n) => input === value.inputs[n]);
    const rebuilt = isSame
      ? value
      : context.build.value(value.op, inputs, attrs, type, value.origin);
    done.set(value, rewrite(rebuilt, value));
  }
  return {
    ...graph,
    inputs: graph.inputs.map((input) => ({ ...input, value: newOf(input.value) })),
    stored: graph.stored.map((one) => ({
      ...one,
      value: newOf(one.value),
      next: newOf(one.next),
      init: newOf(one.init),
    })),
    outputs: graph.outputs.map((output) => ({ ...output, value: newOf(output.value) })),
  };
}

export function derivedBy(pass: string, from: Value): Origin {
  return { kind: "derived", by: pass, from };
}

/** Attributes stay; where an input's type changed, the operation says what follows. */
function plainRebuild({ ops }: PassContext): Rebuild {
  return {
    attrs: (value) => value.attrs,
    type: (value, inputs, attrs) => {
      const isSame = inputs.every(
        (input, n) => input === value.inputs[n] || isSameType(input.type, value.inputs[n]?.type),
      );
      if (isSame) return value.type;
      const op = ops.get(value.op);
      invariant(op !== undefined, `there is no operation ${value.op}`);
      return op.infer(
        inputs.map((input) => input.type),
        attrs,
      );
    },
  };
}

export function isSameType(a: TensorType, b: TensorType | undefined): boolean {
  return (
    a === b ||
    (b !== undefined &&
      a.element === b.element &&
      a.axes.length === b.axes.length &&
      a.axes.every((axis, n) => axis === b.axes[n]))
  );
}
