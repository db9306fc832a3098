import type { Label } from "../../../diagnostics/diagnostic.ts";
import { quote } from "../../../diagnostics/phrase.ts";
import type { Axis } from "../../../ir/graph/graph.ts";
import type { CheckedCall } from "../surface-definition.ts";

/** Where each axis gets its size; one whose size is only its name again says nothing. */
export function declaredAxes(call: CheckedCall, axes: readonly Axis[]): readonly Label[] {
  const { sizes, nameOf } = call.context;
  return [...new Set(axes)].flatMap((axis) => {
    if (axis.span === undefined) return [];
    const [name, text] = [nameOf(axis), sizes.format(axis.size)];
    const isName = text === name || text === axis.name;
    return isName ? [] : [{ span: axis.span, text: `${quote(name)} is ${text} by this` }];
  });
}
