import { cwd } from "node:process";
import type { Command } from "commander";
import { checkFiles, type InferredType } from "../../2-check/check-files.ts";
import { knownMeasures } from "../../api/evaluation/known-measures.ts";
import { Ended, exitCode } from "../../api/failure.ts";
import { diskLoader } from "../../api/load/disk-loader.ts";
import { parseOnce } from "../../api/load/parse-once.ts";
import { formatTable } from "../../api/text/table.ts";
import { toJson } from "../../diagnostics/diagnostic-json.ts";
import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { placeOf, type SourceFile } from "../../source/source-file.ts";
import type { Host } from "../host.ts";
import { sourceFiles } from "../options/source-files.ts";
import { checkInstances } from "../report/check-instances.ts";
import { printDiagnostics } from "../report/print-failure.ts";
import { writeJson } from "../report/write-json.ts";

interface CheckOptions {
  readonly types?: boolean;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  command
    .argument("<files...>", ".weft files, or folders with such files")
    .option("--types", "show the type of every local that was inferred")
    .option("--json", "one JSON document on stdout")
    .action((files: string[], options: CheckOptions) => check(files, options, host));
}

function check(paths: readonly string[], options: CheckOptions, host: Host): void {
  const loader = diskLoader(cwd());
  const entries = sourceFiles(paths);
  const sink = new DiagnosticSink();
  const program = checkFiles({ entries, loader, parse: parseOnce, sink, measures: knownMeasures });
  // A mistake in a declaration would come back from each of its instances in other words.
  const ofInstances = sink.hasErrors ? [] : checkInstances(program, host);
  const diagnostics = [...sink.diagnostics, ...ofInstances];
  const named = new Set(entries.map((entry) => loader.load(entry, undefined)));
  const shown = program.types.filter((type) => named.has(type.span.file));
  if (options.json === true) {
    const listed = options.types === true ? { types: shown.map(typeJson) } : {};
    writeJson(host, { diagnostics: diagnostics.map(toJson), ...listed });
  } else {
    printDiagnostics(diagnostics, host);
    if (options.types === true) host.result(typeText(shown, host));
  }
  if (diagnostics.some((one) => one.severity === "error")) throw new Ended(exitCode.input);
}

function typeJson({ name, span, type }: InferredType) {
  return { file: span.file.path, ...placeOf(span.file, span.start), name, type };
}

function typeText(types: readonly InferredType[], host: Host): string {
  const files = new Map<SourceFile, string[][]>();
  for (const { name, span, type } of types) {
    const rows = files.get(span.file) ?? [];
    rows.push([String(placeOf(span.file, span.start).line), name, type]);
    files.set(span.file, rows);
  }
  const columns = [
    { title: "line", align: "right" },
    { title: "name" },
    { title: "type" },
  ] as const;
  return [...files]
    .map(
      ([file, rows]) =>
        `${host.resultStyle.colors.bold(file.path)}\n${formatTable(columns, rows, host.resultStyle)}`,
    )
    .join("\n");
}
