import { type CheckedProgram, checkFiles } from "../../../compiler/2-check/check-files.ts";
import type { ModelOverride } from "../../../compiler/2-check/core/override-table.ts";
import {
  type ElaboratedMode,
  elaborateMode,
} from "../../../compiler/2-check/modes/elaborate-mode.ts";
import { knownMeasures } from "../../../compiler/api/evaluation/known-measures.ts";
import { diskLoader } from "../../../compiler/api/load/disk-loader.ts";
import { parseOnce } from "../../../compiler/api/load/parse-once.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { SourceFile } from "../../../compiler/source/source-file.ts";
import type { SourceLoader } from "../../../compiler/source/source-loader.ts";

export interface CheckedText {
  readonly program: CheckedProgram;
  readonly sink: DiagnosticSink;
  /** In order of place: `axis-mismatch 3:7`. */
  readonly found: readonly string[];
}

/** Checks texts that are on no disk: the first is the entry, the others are imported as `./name`. */
export function checkText(
  text: string,
  others: Readonly<Record<string, string>> = {},
): CheckedText {
  const sink = new DiagnosticSink();
  const program = checkFiles({
    entries: ["entry"],
    loader: textLoader({ ...others, entry: text }),
    parse: parseOnce,
    sink,
    measures: knownMeasures,
  });
  return { program, sink, found: sink.diagnostics.map(placed) };
}

/** Codes alone, for texts of which only the mistake counts. */
export function codesOf(
  text: string,
  others: Readonly<Record<string, string>> = {},
): readonly string[] {
  return checkText(text, others).sink.diagnostics.map((one) => one.code);
}

/** The types that the check infers, as `name: type`; a value may be there for its type alone. */
export function typesOf(text: string): readonly string[] {
  const { program, sink } = checkText(text);
  const found = sink.diagnostics.filter(({ code }) => code !== "unused-value");
  if (found.length > 0) throw new Error(found.map(placed).join(", "));
  return program.types
    .filter((type) => type.span.file.path === "entry")
    .map((type) => `${type.name}: ${type.type}`);
}

interface ElaboratedText {
  readonly mode: ElaboratedMode | undefined;
  readonly codes: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

export function elaborateText(
  text: string,
  model: string,
  mode: string,
  overrides: readonly ModelOverride[] = [],
): ElaboratedText {
  const { program, sink } = checkText(text);
  if (sink.hasErrors)
    throw new Error(sink.diagnostics.map((one) => `${placed(one)}: ${one.message}`).join("\n"));
  const found = elaborateMode(program, { model, mode, overrides, sink });
  return {
    mode: found,
    codes: sink.diagnostics.map((one) => one.code),
    diagnostics: sink.diagnostics,
  };
}

/** A mode of a file of this repository. */
export function elaborateFile(
  path: string,
  model: string,
  mode: string,
  overrides: readonly ModelOverride[] = [],
): ElaboratedText {
  const sink = new DiagnosticSink();
  const program = checkedFile(path, sink);
  const found = sink.hasErrors
    ? undefined
    : elaborateMode(program, { model, mode, overrides, sink });
  return {
    mode: found,
    codes: sink.diagnostics.map((one) => one.code),
    diagnostics: sink.diagnostics,
  };
}

const repository = diskLoader(new URL("../../..", import.meta.url).pathname);
const checkedFiles = new Map<string, CheckedProgram>();

/** Files of this repository do not change while tests run: what is right with them is found once. */
function checkedFile(path: string, sink: DiagnosticSink): CheckedProgram {
  const known = checkedFiles.get(path);
  if (known !== undefined) return known;
  const program = checkFiles({ entries: [path], loader: repository, parse: parseOnce, sink });
  if (sink.diagnostics.length === 0) checkedFiles.set(path, program);
  return program;
}

const disk = diskLoader("/");
/** Some texts by name; `std/...` is this repository's. */
export function textLoader(texts: Readonly<Record<string, string>>): SourceLoader {
  const files = new Map<string, SourceFile>(
    Object.entries(texts).map(([path, text]) => [path, { path, text }]),
  );
  return {
    load: (specifier, importer) =>
      files.get(specifier.replace(/^\.\//, "")) ?? disk.load(specifier, importer),
    candidates: (importer) => [
      ...files.keys(),
      ...disk.candidates(importer).filter((name) => name.startsWith("std/")),
    ],
  };
}

function placed({ code, primary }: Diagnostic): string {
  const before = primary.span.file.text.slice(0, primary.span.start).split("\n");
  return `${code} ${before.length}:${(before.at(-1) ?? "").length + 1}`;
}
