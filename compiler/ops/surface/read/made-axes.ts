import { quote } from "../../../diagnostics/phrase.ts";
import type { Axis } from "../../../ir/graph/graph.ts";
import type { BraceItem } from "../surface.ts";
import type { CheckedCall } from "../surface-definition.ts";

/**
 * The axes right of `->`. A new one is reported: this primitive cannot know how large it is. `undefined`
 * after a report.
 */
export function knownAxes(
  call: CheckedCall,
  items: readonly BraceItem[] = call.to,
): readonly Axis[] | undefined {
  const axes: Axis[] = [];
  for (const item of items) {
    if (item.kind === "new") {
      reportUnknownSize(call, item);
      return undefined;
    }
    axes.push(...(item.kind === "axes" ? item.axes : (call.context.restAxes ?? [])));
  }
  return axes;
}

export function reportUnknownSize(
  call: CheckedCall,
  { name, span }: Extract<BraceItem, { kind: "new" }>,
): undefined {
  call.context.sink.report("unknown-size", span, { axis: name, where: quote(call.name) });
  return undefined;
}

/** The only axis of an item that must not be a product. `undefined` after a report. */
export function plainAxis(
  call: CheckedCall,
  axes: readonly Axis[],
  item: BraceItem,
): Axis | undefined {
  const [only, ...more] = axes;
  if (only !== undefined && more.length === 0) return only;
  call.context.sink.report("wrong-arity", item.span, {
    callee: quote(call.name),
    needed: "1 axis there",
    found: axes.length,
    signature: call.signature,
  });
  return undefined;
}
