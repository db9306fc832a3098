import type { DiagnosticSink } from "../diagnostics/sink.ts";
import type { FileSyntax } from "../ir/syntax/file-syntax.ts";
import type { SourceFile } from "../source/source-file.ts";
import { BuildFile } from "./build/build-file.ts";
import { readConcreteFile } from "./read-file.ts";

/** Text to syntax tree. After errors, which are all reported, the tree has what could be read. */
export function parse(file: SourceFile, sink: DiagnosticSink): FileSyntax {
  const concrete = readConcreteFile(file, sink);
  return new BuildFile(file, sink, concrete).fileSyntax(concrete.cst);
}
