import { cwd } from "node:process";
import {
  findModel,
  type InputSummary,
  type ModelSummary,
  reportModules,
  modelsOf as summariesOf,
  summaryOf,
} from "../../2-check/load/find-model.ts";
import { type LoadedProgram, loadFiles } from "../../2-check/load/load-files.ts";
import { CompileError } from "../../api/compile-error.ts";
import { exitCode, Failure } from "../../api/failure.ts";
import { diskLoader } from "../../api/load/disk-loader.ts";
import { existingFile } from "../../api/load/existing-file.ts";
import { parseOnce } from "../../api/load/parse-once.ts";
import { listOf } from "../../diagnostics/phrase.ts";
import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";

export interface ChosenMode {
  readonly model: string;
  readonly mode: string;
  /** What its first step takes. */
  readonly inputs: readonly InputSummary[];
}

interface ModelListing {
  readonly name: string;
  readonly doc: string | undefined;
  readonly modes: readonly string[];
}

/** The models of a file in its order, or its diagnostics if it cannot be read. */
export function modelsOf(file: string): readonly ModelListing[] {
  return summariesOf(loaded(file)).map(listing);
}

/** The model and mode that were named; what was not named must be the only one. */
export function chooseMode(
  file: string,
  options: { readonly model?: string; readonly mode?: string },
): ChosenMode {
  const summary = findSummary(file, options.model);
  const { name, modes } = listing(summary);
  const mode = options.mode ?? theOnly("mode", modes, name);
  const found = summary.modes.find((one) => one.name === mode);
  if (found !== undefined) return { model: name, mode, inputs: found.inputs };
  const sink = new DiagnosticSink();
  const nearest = nearestNames(mode, modes);
  const { span } = summary.item.syntax.name;
  sink.report("unknown-mode", span, { model: name, name: mode, nearest, available: modes });
  throw new CompileError(sink.diagnostics);
}

export function chooseModel(file: string, name: string | undefined): ModelListing {
  return listing(findSummary(file, name));
}

/** A model that the file declares or imports. */
function findSummary(file: string, name: string | undefined): ModelSummary {
  const program = loaded(file);
  const available = summariesOf(program).map((summary) => summary.name);
  const sink = new DiagnosticSink();
  if (name === undefined && available.length === 0) reportModules(program, sink);
  if (sink.hasErrors) throw new CompileError(sink.diagnostics);
  const item = findModel(program, name ?? theOnly("model", available, file), sink);
  if (item === undefined) throw new CompileError(sink.diagnostics);
  return summaryOf(item);
}

function loaded(file: string): LoadedProgram {
  const sink = new DiagnosticSink();
  const entries = [existingFile(file)];
  const program = loadFiles({ entries, loader: diskLoader(cwd()), parse: parseOnce, sink });
  if (sink.hasErrors) throw new CompileError(sink.diagnostics);
  return program;
}

function listing({ name, doc, modes }: ModelSummary): ModelListing {
  return { name, doc, modes: modes.map((mode) => mode.name) };
}

/** What need not be named, because there is no other. */
function theOnly(kind: "model" | "mode", available: readonly string[], owner: string): string {
  const [only] = available;
  if (only === undefined)
    throw new Failure(exitCode.input, `unknown-${kind}`, `\`${owner}\` has no ${kind}`);
  if (available.length === 1) return only;
  const message = `\`${owner}\` has several ${kind}s: ${listOf(available)}`;
  throw new Failure(exitCode.usage, `which-${kind}`, message, `add \`--${kind} ${only}\``);
}
