import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Reader } from "../../ir/graph/graph.ts";
import type { ParamSyntax } from "../../ir/syntax/syntax.ts";
import type { Reporting } from "../core/contexts.ts";

/** Readers whose tensor is made from what another one reads: `from labels(of: "ids")`. */
const derived = ["labels", "questions", "length"];

/** What a reader is `of` is another input of the same stage, or of the same step of a mode. */
export function checkRecordColumns(
  context: Reporting,
  params: readonly ParamSyntax[],
  param: ParamSyntax,
  reader: Reader,
): void {
  const { of } = reader.args;
  if (!derived.includes(reader.name)) return;
  const callee = `the reader \`${reader.name}\``;
  const signature = `${reader.name}(of: "..")`;
  if (of === undefined && reader.name === "length")
    context.sink.report("missing-argument", param.span, { callee, name: "of", signature });
  if (typeof of !== "string") return;
  const others = params.filter((one) => one !== param).map((one) => one.name.text);
  if (others.includes(of)) return;
  const span = param.reader?.args.find((arg) => arg.name?.text === "of")?.value.span ?? param.span;
  context.sink.report("unknown-name", span, {
    kind: "input",
    name: of,
    nearest: nearestNames(of, others),
  });
}
