import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { LoadedFile } from "../core/entity.ts";
import { collectNames } from "./collect-names.ts";

/** An imported name that stands nowhere in the file. What is named at all counts as used. */
export function reportUnusedImports(file: LoadedFile, sink: DiagnosticSink): void {
  const { syntax, isBroken, scope } = file;
  if (syntax.imports.length === 0 || isBroken) return;
  const used = new Set<string>();
  for (const item of syntax.items) collectNames(item, used);
  for (const { names, from } of syntax.imports) {
    for (const name of names) {
      // A name that could not be imported has been reported.
      const entity = scope.own(name.text)?.entity;
      const isKnown = entity !== undefined && entity.kind !== "error";
      if (isKnown && !used.has(name.text))
        sink.report("unused-import", name.span, { name: name.text, from: from.text });
    }
  }
}
