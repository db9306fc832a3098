import { realpathSync, statSync } from "node:fs";
import type { Command } from "commander";
import { writeAtomically } from "../../../runtime/files/atomic-write.ts";
import { readText } from "../../../runtime/files/read-bytes.ts";
import { format } from "../../1-parse/format/format.ts";
import { Ended, exitCode } from "../../api/failure.ts";
import { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Host } from "../host.ts";
import { sourceFiles } from "../options/source-files.ts";
import { printDiagnostics } from "../report/print-failure.ts";

export function configure(command: Command, host: Host): void {
  command
    .argument("<files...>", ".weft files, or folders with such files")
    .option("--check", "write nothing; end with 1 if a file is not in the format")
    .action((files: string[], options: { check?: boolean }) => {
      const isChecking = options.check === true;
      const states = sourceFiles(files).map((file) => formatFile(file, isChecking, host));
      const isWrong = states.includes("broken") || (isChecking && states.includes("changed"));
      if (isWrong) throw new Ended(exitCode.input);
    });
}

/** Names on stdout the files that are, or would be, rewritten. */
function formatFile(path: string, isChecking: boolean, host: Host): "same" | "changed" | "broken" {
  const text = readText(path, largestSource);
  const sink = new DiagnosticSink();
  const formatted = format({ path, text }, sink);
  if (sink.hasErrors || formatted === undefined) {
    printDiagnostics(sink.diagnostics, host);
    return "broken";
  }
  if (formatted === text) return "same";
  // Where the path is a link, the file that it leads to is what changes.
  if (!isChecking)
    writeAtomically(realpathSync(path), [Buffer.from(formatted)], statSync(path).mode);
  host.result(`${path}\n`);
  return "changed";
}

/** What is larger is no text of ours. */
const largestSource = 1 << 26;
