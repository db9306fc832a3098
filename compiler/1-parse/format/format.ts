import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { SourceFile } from "../../source/source-file.ts";
import { BuildFile } from "../build/build-file.ts";
import { readConcreteFile } from "../read-file.ts";
import { FormatFile } from "./format-file.ts";
import { printDoc } from "./layout.ts";

/** Columns of a line, where it can be broken. */
const width = 104;

/** The one form of a file; undefined, with the reasons in the sink, where it does not parse. */
export function format(file: SourceFile, sink: DiagnosticSink): string | undefined {
  const before = sink.errorCount;
  const concrete = readConcreteFile(file, sink);
  new BuildFile(file, sink, concrete).fileSyntax(concrete.cst);
  if (sink.errorCount > before) return undefined;
  return printDoc(new FormatFile(file, concrete).whole(concrete.cst), width);
}
