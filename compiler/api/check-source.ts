import { checkFiles } from "../2-check/check-files.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { DiagnosticSink } from "../diagnostics/sink.ts";
import type { CompileOptions } from "./compile-options.ts";
import { knownMeasures } from "./evaluation/known-measures.ts";
import { namedSource } from "./load/named-source.ts";
import { parseOnce } from "./load/parse-once.ts";

/** Checks every declaration of a file or a text, and of what it imports, for all sizes at once. */
export function checkSource(source: CompileOptions["file"]): readonly Diagnostic[] {
  const { entry, loader } = namedSource(source);
  const sink = new DiagnosticSink();
  checkFiles({
    entries: [entry],
    loader: loader(),
    parse: parseOnce,
    sink,
    measures: knownMeasures,
  });
  return sink.diagnostics;
}
