import type { Span } from "../../../source/source-file.ts";
import type { Operand, SurfaceContext } from "../surface.ts";

/** Something is used that is not there: why, and where that is decided. */
export function reportAbsent(
  { sink }: Pick<SurfaceContext, "sink">,
  span: Span,
  name: string,
  absent: Extract<Operand, { kind: "absent" }>,
): void {
  const { why, condition } = absent;
  const text = condition === undefined ? "declared here" : "it is there only if this holds";
  const params = { name, why, condition };
  sink.report("absent-value", span, params, { related: [{ span: absent.span, text }] });
}
