import { count } from "../../../diagnostics/phrase.ts";
import type { Span } from "../../../source/source-file.ts";
import type { Operand, SurfaceContext } from "../surface.ts";
import { reportAbsent } from "./report-absent.ts";
import { textOf } from "./text-of.ts";

/** Whether an operand is a single value. Absent ones and tuples are reported; errors were before. */
export function isUsable(
  { operand, span }: { readonly operand: Operand; readonly span: Span },
  callee: string,
  { sink }: SurfaceContext,
): boolean {
  switch (operand.kind) {
    case "error":
      return false;
    case "absent":
      reportAbsent({ sink }, span, textOf(span), operand);
      return false;
    case "tuple":
      sink.report("argument-type", span, {
        callee,
        name: textOf(span),
        needed: "one value",
        found: count(operand.items.length, "value"),
      });
      return false;
    default:
      return true;
  }
}
