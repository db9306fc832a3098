import type { DiagnosticSink } from "../diagnostics/sink.ts";
import type { Span } from "../source/source-file.ts";
import type { SourceLoader } from "../source/source-loader.ts";
import { CallRecord } from "./bodies/call-record.ts";
import { checkDeclaration } from "./check-declaration.ts";
import { checkEntries, type OnlyStage } from "./check-entries.ts";
import { type Checker, typesOnly } from "./core/checker.ts";
import { describe } from "./core/describe.ts";
import type { CheckedExperiment } from "./experiments/checked-experiment.ts";
import { importFinder } from "./load/import-finder.ts";
import { type LoadedProgram, loadFiles, type Parse } from "./load/load-files.ts";
import { reportUnreachedParts } from "./load/unreached-parts.ts";
import { reportUnusedImports } from "./load/unused-imports.ts";
import { findUnusedValues, reportUnusedValues } from "./load/unused-values.ts";
import { newChecker } from "./parts/new-checker.ts";
import type { CheckedStage } from "./stages/checked-stage.ts";
import type { KnownMeasures } from "./variants/known-measures.ts";
import type { Surroundings, TypeNote } from "./variants/surroundings.ts";

interface CheckRequest {
  /** Specifiers of the files to start from, as the loader knows them. */
  readonly entries: readonly string[];
  readonly loader: SourceLoader;
  /** The parser; phases do not import each other. */
  readonly parse: Parse;
  readonly sink: DiagnosticSink;
  /** Files of the standard library that are needed whether a text imports them or not. */
  readonly standard?: readonly string[] | undefined;
  /** Cells of experiments are resolved afterwards, each with what is wrong with it. */
  readonly resolvesCells?: boolean | undefined;
  /** Evaluations that experiments may name; without them nothing is said of measures. */
  readonly measures?: KnownMeasures | undefined;
  /** The one thing that is made of the files: what it does not hang on is not checked. */
  readonly only?: OnlyStage | undefined;
}

/** Files whose declarations have been checked generically; what is wrong is in the sink. */
export interface CheckedProgram extends LoadedProgram {
  /** The inferred type of every `let`, in order of file and place. */
  readonly types: readonly InferredType[];
  /** What every stage asks for, in order of file and place. */
  readonly stages: readonly CheckedStage[];
  /** What every experiment compares, in the same order. */
  readonly experiments: readonly CheckedExperiment[];
  /** A model as it is declared, made once; undefined after a report, at `place`. */
  readonly declared: Surroundings["declared"];
}

export interface InferredType {
  readonly name: string;
  readonly span: Span;
  readonly type: string;
}

/** Loads the entries and all they import, and checks each declaration once, whoever uses it. */
export function checkFiles(request: CheckRequest): CheckedProgram {
  const { sink } = request;
  const program = loadFiles(request);
  const calls = new CallRecord();
  const types = new Map<string, InferredType>();
  const noteType: TypeNote = (checker, name, span, entity, env) => {
    types.set(`${span.file.path}:${span.start}`, {
      name,
      span,
      type: describe(checker, env, entity),
    });
  };
  const findImport = importFinder(request, program.entries[0]?.source);
  for (const file of program.files) {
    // The library is checked when it is made; what is compiled of it is checked with the sizes that it is used with.
    if (request.only !== undefined && file.isStandard) continue;
    for (const item of file.items.values()) {
      if (item.isBroken) continue;
      // So is what a name gives sizes to: it is made where it is used.
      if (request.only !== undefined && item.syntax.kind === "alias") continue;
      const checker: Checker = newChecker({
        sink,
        known: typesOnly,
        findImport,
        noteCall: (env, callee, span) => calls.note(env, callee, span),
        noteType: (...found) => noteType(checker, ...found),
      });
      checkDeclaration(checker, item);
    }
    reportUnusedImports(file, sink);
  }
  const unused = findUnusedValues(program.files);
  if (!sink.hasErrors) reportUnreachedParts(program, unused.statements, sink);
  calls.reportRecursion(sink);
  const { stages, experiments, declared } = checkEntries(sink, program.files, noteType, request);
  if (!sink.hasErrors) reportUnusedValues(unused, sink);
  return { ...program, stages, experiments, declared, types: [...types.values()].sort(byPlace) };
}

function byPlace(a: InferredType, b: InferredType): number {
  const [x, y] = [a.span.file.path, b.span.file.path];
  return x < y ? -1 : x > y ? 1 : a.span.start - b.span.start;
}
