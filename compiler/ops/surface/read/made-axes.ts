import { quote } from "../../../diagnostics/phrase.ts";
import type { Axis } from "../../../ir/graph/graph.ts";
import type { Form } from "../define-form.ts";
import type { BraceItem } from "../surface.ts";

/**
 * The axes right of `->`. A new one is reported: this form cannot know how large it is. `undefined`
 * after a report.
 */
export function knownAxes(
  form: Form,
  items: readonly BraceItem[] = form.to,
): readonly Axis[] | undefined {
  const axes: Axis[] = [];
  for (const item of items) {
    if (item.kind === "new") {
      reportUnknownSize(form, item);
      return undefined;
    }
    axes.push(...(item.kind === "axes" ? item.axes : (form.context.restAxes ?? [])));
  }
  return axes;
}

export function reportUnknownSize(
  form: Form,
  { name, span }: Extract<BraceItem, { kind: "new" }>,
): undefined {
  form.context.sink.report("unknown-size", span, { axis: name, where: quote(form.name) });
  return undefined;
}

/** The only axis of an item that must not be a product. `undefined` after a report. */
export function plainAxis(form: Form, axes: readonly Axis[], item: BraceItem): Axis | undefined {
  const [only, ...more] = axes;
  if (only !== undefined && more.length === 0) return only;
  form.context.sink.report("wrong-arity", item.span, {
    callee: quote(form.name),
    needed: "1 axis there",
    found: axes.length,
    signature: form.signature,
  });
  return undefined;
}
