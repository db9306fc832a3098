import { cwd } from "node:process";
import { parse } from "../../1-parse/parse.ts";
import { modelsOf as summariesOf } from "../../2-check/load/find-model.ts";
import { loadFiles } from "../../2-check/load/load-files.ts";
import { CompileError } from "../../api/compile-error.ts";
import { exitCode, Failure } from "../../api/failure.ts";
import { diskLoader } from "../../api/load/disk-loader.ts";
import { existingFile } from "../../api/load/existing-file.ts";
import { catalog } from "../../diagnostics/catalog.ts";
import { listOf } from "../../diagnostics/phrase.ts";
import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";

export interface ChosenMode {
  readonly model: string;
  readonly mode: string;
}

export interface ModelListing {
  readonly name: string;
  readonly doc: string | undefined;
  readonly modes: readonly string[];
}

/** The models of a file in its order, or its diagnostics if it cannot be read. */
export function modelsOf(file: string): readonly ModelListing[] {
  const sink = new DiagnosticSink();
  const entries = [existingFile(file)];
  const program = loadFiles({ entries, loader: diskLoader(cwd()), parse, sink });
  if (sink.hasErrors) throw new CompileError(sink.diagnostics);
  return summariesOf(program).map(({ name, doc, modes }) => ({
    name,
    doc,
    modes: modes.map((mode) => mode.name),
  }));
}

/** The model and mode that were named; what was not named must be the only one. */
export function chooseMode(
  file: string,
  options: { readonly model?: string; readonly mode?: string },
): ChosenMode {
  const model = chooseModel(file, options.model);
  const mode = choose("mode", options.mode, model.modes, model.name);
  return { model: model.name, mode };
}

export function chooseModel(file: string, name: string | undefined): ModelListing {
  const models = modelsOf(file);
  const chosen = choose(
    "model",
    name,
    models.map((model) => model.name),
    file,
  );
  const found = models.find((model) => model.name === chosen);
  if (found === undefined) throw new Error(`the model ${chosen} was chosen and is not there`);
  return found;
}

function choose(
  kind: "model" | "mode",
  wanted: string | undefined,
  available: readonly string[],
  owner: string,
): string {
  const [only] = available;
  if (wanted === undefined) {
    if (only === undefined)
      throw new Failure(exitCode.input, `unknown-${kind}`, `\`${owner}\` has no ${kind}`);
    if (available.length === 1) return only;
    const message = `\`${owner}\` has several ${kind}s: ${listOf(available)}`;
    throw new Failure(exitCode.usage, `which-${kind}`, message, `add \`--${kind} ${only}\``);
  }
  if (available.includes(wanted)) return wanted;
  const params = {
    model: owner,
    name: wanted,
    nearest: nearestNames(wanted, available),
    available,
  };
  const entry = kind === "model" ? catalog["unknown-model"] : catalog["unknown-mode"];
  throw new Failure(exitCode.input, `unknown-${kind}`, entry.message(params), entry.hint?.(params));
}
