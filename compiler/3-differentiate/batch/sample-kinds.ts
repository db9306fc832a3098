import type { SizeTable } from "../../dims/size-table.ts";
import type { Attr, Axis, Value } from "../../ir/graph/graph.ts";

/**
 * What a value has to do with the samples of the batch. `shared`: nothing. `sample`: along the axis of samples,
 * each element made of its own sample alone. `whole`: made of several samples, or along an axis that is made of
 * that of the samples (a twin, a product, a join), so that only the whole batch can say what it is.
 */
export type SampleKind = "shared" | "sample" | "whole";

/** The kind of each value; `values` has inputs before what reads them. */
export function sampleKinds(
  values: readonly Value[],
  samples: Axis,
  sizes: SizeTable,
): ReadonlyMap<Value, SampleKind> {
  const isOfSamples = sampleAxes(samples, sizes);
  const kinds = new Map<Value, SampleKind>();
  for (const value of values) kinds.set(value, kindOf(value, kinds, samples, isOfSamples));
  return kinds;
}

/** Is this the axis of samples, or made of it? */
export function sampleAxes(samples: Axis, sizes: SizeTable): (axis: Axis) => boolean {
  const known = new Map<Axis, boolean>();
  return (axis) => {
    const found = known.get(axis) ?? sizes.variablesOf(axis.size).includes(samples.size);
    known.set(axis, found);
    return found;
  };
}

function kindOf(
  value: Value,
  kinds: ReadonlyMap<Value, SampleKind>,
  samples: Axis,
  isOfSamples: (axis: Axis) => boolean,
): SampleKind {
  const inputs = new Set(value.inputs.map((input) => kinds.get(input)));
  if (inputs.has("whole")) return "whole";
  const { axes } = value.type;
  if (axes.some((axis) => axis !== samples && isOfSamples(axis))) return "whole";
  const isAlong = axes.includes(samples);
  if (inputs.has("sample") && !isAlong) return "whole";
  if (!layouts.has(value.op) && Object.values(value.attrs).some(namesSamples)) return "whole";
  return isAlong ? "sample" : "shared";

  function namesSamples(attr: Attr): boolean {
    if (typeof attr !== "object") return false;
    if ("segments" in attr) return isOfSamples(attr);
    return Array.isArray(attr) && attr.some(namesSamples);
  }
}

/** Operations whose attributes only say along which axes the result lies. */
const layouts = new Set([
  "constant",
  "expand",
  "index",
  "input",
  "parameter",
  "reorder",
  "sample_uniform",
  "state",
]);
