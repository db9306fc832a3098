import type { Label } from "../../diagnostics/diagnostic.ts";
import { quote } from "../../diagnostics/phrase.ts";
import type { Axis } from "../../ir/graph.ts";
import type { Form } from "./define-form.ts";

/** Where each axis gets its size; one whose size is only its name again says nothing. */
export function declaredAxes(form: Form, axes: readonly Axis[]): readonly Label[] {
  return [...new Set(axes)].flatMap(({ name, size, span }) => {
    if (span === undefined) return [];
    const text = form.context.sizes.format(size);
    return text === name ? [] : [{ span, text: `${quote(name)} is ${text} by this` }];
  });
}
