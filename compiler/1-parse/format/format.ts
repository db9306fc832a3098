import { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { SourceFile } from "../../source/source-file.ts";
import { BuildFile } from "../build/build-file.ts";
import { parse } from "../parse.ts";
import { readConcreteFile } from "../read-file.ts";
import { FormatFile } from "./format-file.ts";
import { printDoc } from "./layout.ts";

/** Columns of a line, where it can be broken. */
const width = 104;

/** The one form of a file; undefined, with the reasons in the sink, where it does not parse. */
export function format(file: SourceFile, sink: DiagnosticSink): string | undefined {
  const own = new DiagnosticSink();
  const concrete = readConcreteFile(file, own);
  new BuildFile(file, own, concrete).fileSyntax(concrete.cst);
  if (own.hasErrors) {
    parse(file, sink);
    return undefined;
  }
  return printDoc(new FormatFile(file, concrete).whole(concrete.cst), width);
}
