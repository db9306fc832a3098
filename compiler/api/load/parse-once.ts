import { parse } from "../../1-parse/parse.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { FileSyntax } from "../../ir/syntax/file-syntax.ts";
import type { SourceFile } from "../../source/source-file.ts";

/** What was read without a word of complaint. */
const known = new WeakMap<SourceFile, FileSyntax>();

/**
 * `parse` with a memory, as loaders of files give the same source for the same text: a command looks for its model
 * before it compiles it, and a program that loads several modes reads the standard library for each.
 */
export function parseOnce(file: SourceFile, sink: DiagnosticSink): FileSyntax {
  const before = known.get(file);
  if (before !== undefined) return before;
  const count = sink.diagnostics.length;
  const syntax = parse(file, sink);
  if (sink.diagnostics.length === count) known.set(file, syntax);
  return syntax;
}
