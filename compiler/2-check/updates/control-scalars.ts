import type { Value } from "../../ir/graph/graph.ts";
import { convert } from "../../ops/build/build.ts";
import { layOutSlab, slab, slabPart } from "../../ops/build/build-slabs.ts";
import type { Extent } from "../../ops/define-op.ts";
import { valuesInOrder } from "../../ops/values-in-order.ts";
import { valuesOver } from "../../ops/values-over.ts";
import type { Checker } from "../core/checker.ts";

/**
 * Numbers that a step works out once and the updates of all elements need (the factor that clips, the learning rate,
 * what moments are divided by) as one tensor, which takes a kernel one binding. The answer is what `roots` become.
 *
 * @param since the updates were made after this value
 */
export function throughControl(
  { build, sizes }: Checker,
  roots: readonly Value[],
  since: Value,
  extent: Extent,
): (root: Value) => Value {
  const isOld = ({ id }: Value): boolean => id <= since.id;
  const made = valuesInOrder(roots, (value) => (isOld(value) ? [] : value.inputs));
  const wide = made.filter((value) => !isOld(value) && value.type.axes.length > 0);
  const own = dependentOn(wide, made);
  const isShared = ({ type, op }: Value): boolean =>
    type.axes.length === 0 &&
    (type.element === "f32" || type.element === "bool") &&
    op !== "constant" &&
    op !== "slab_part";
  const readers = wide.filter(({ op }) => op !== "slab");
  const read = new Set(readers.flatMap(({ inputs }) => inputs));
  const scalars = [...read].filter((value) => isShared(value) && !own.has(value));
  if (scalars.length < 2) return (root) => root;
  const layout = layOutSlab(
    build,
    sizes,
    extent,
    scalars.map(() => []),
  );
  const { origin } = since;
  const numbers = scalars.map((value) => convert(build, value, "f32", value.origin));
  const control = slab(build, layout, "control", numbers, origin);
  const parts = new Map(
    scalars.map((value, n) => {
      const part = slabPart(build, layout, control, n, value.origin);
      return [value, convert(build, part, value.type.element, value.origin)] as const;
    }),
  );
  return valuesOver(build, roots, {
    isKept: (value) => isOld(value) || (value.type.axes.length === 0 && !own.has(value)),
    inputOf: (input, reader) => {
      const isReader = reader.type.axes.length > 0 && reader.op !== "slab";
      return isReader ? parts.get(input) : undefined;
    },
  });
}

/** What is made of any of `values`, these among it; `made` has all that may be, in order. */
function dependentOn(values: readonly Value[], made: readonly Value[]): ReadonlySet<Value> {
  const found = new Set(values);
  for (const value of made) if (value.inputs.some((input) => found.has(input))) found.add(value);
  return found;
}
