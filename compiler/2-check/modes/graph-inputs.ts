import type { Axis, GraphInput, StoredDimension } from "../../ir/graph/graph.ts";
import { input } from "../../ops/build/build.ts";
import type { ParameterValue } from "../bodies/open-signature.ts";
import { checkReader } from "../bodies/readers.ts";
import type { Checker } from "../core/checker.ts";
import type { Naming } from "../core/contexts.ts";
import { describeAxes } from "../core/describe.ts";
import type { Env, TypeEntry } from "../core/entity.ts";

/** Makes each parameter of a signature an input of the graph, and appends it to `inputs`. */
export function inputMaker(checker: Checker, outer: Env, inputs: GraphInput[]): ParameterValue {
  return (param, written, type) => {
    const origin = { kind: "source", span: param.span, path: "" } as const;
    const value = input(checker.build, param.name.text, type, origin);
    inputs.push({
      name: param.name.text,
      value,
      dimensions: dimensionsOf(checker, outer, written.entries, type.axes),
      reader: checkReader(checker, outer, param),
      span: param.span,
    });
    return value;
  };
}

/** Where a tensor enters or leaves, a product is one dimension. */
export function dimensionsOf(
  context: Naming,
  env: Env,
  entries: readonly TypeEntry[],
  axes: readonly Axis[],
): readonly StoredDimension[] {
  const dimensions: StoredDimension[] = [];
  let place = 0;
  for (const entry of entries) {
    const width = entry.kind === "known" ? entry.axes.length : 1;
    const here = axes.slice(place, place + width);
    dimensions.push({
      name:
        entry.kind === "known"
          ? describeAxes(context, env, entry.axes)
          : entry.kind === "open"
            ? entry.name
            : "..",
      axes: here,
    });
    place += width;
  }
  return dimensions;
}
