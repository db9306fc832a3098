import type { DiagnosticSink } from "../diagnostics/sink.ts";
import type { LoadedFile } from "./meaning.ts";

/** An imported name that stands nowhere in the file. What is named at all counts as used. */
export function reportUnusedImports({ syntax }: LoadedFile, sink: DiagnosticSink): void {
  if (syntax.imports.length === 0) return;
  const used = new Set<string>();
  for (const item of syntax.items) collectNames(item, used);
  for (const { names, from } of syntax.imports) {
    for (const name of names) {
      if (!used.has(name.text)) sink.report("unused-import", name.span, { name: name.text, from: from.text });
    }
  }
}

/** Names in a tree: `text` of what is named, `name` of an expression. Spans lead out of the tree. */
function collectNames(node: unknown, names: Set<string>): void {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    for (const one of node) collectNames(one, names);
    return;
  }
  for (const [key, value] of Object.entries(node)) {
    if (key === "span") continue;
    if ((key === "text" || key === "name") && typeof value === "string") names.add(value);
    else collectNames(value, names);
  }
}
