import type { CheckedProgram } from "../../2-check/check-files.ts";
import { type ModelSummary, modelsOf } from "../../2-check/load/find-model.ts";
import { elaborateMode, elaborateModel } from "../../2-check/modes/elaborate-mode.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { PartSyntax } from "../../ir/syntax/syntax.ts";
import type { Host } from "../host.ts";
import { startProgress } from "./progress.ts";

/**
 * The second check: every model of the entry files that stands on its own is made with its sizes and
 * settings, and its modes are elaborated.
 */
export function checkInstances(program: CheckedProgram, host: Host): readonly Diagnostic[] {
  const sink = new DiagnosticSink();
  const models = modelsOf(program).filter(standsAlone);
  const progress = startProgress(host, "models", models.length);
  for (const [done, model] of models.entries()) {
    const request = { model: model.name, overrides: [], sink };
    const made = elaborateModel(program, request);
    const modes = made === undefined || differsInSizesOnly(model) ? [] : model.modes;
    for (const mode of modes) elaborateMode(program, { ...request, mode: mode.name });
    progress.update(done + 1);
  }
  progress.finish();
  return sink.diagnostics;
}

/** A model with an axis or a setting that has no default is a part of other models only. */
function standsAlone({ item }: ModelSummary): boolean {
  const { syntax } = item;
  if (syntax.kind !== "module") return true;
  return [...syntax.formals, ...syntax.params].every((one) => one.default !== undefined);
}

/**
 * A named instance that only gives numbers has the parts and types of its model, whose modes are
 * elaborated anyway; its facts are checked when it is made.
 */
function differsInSizesOnly({ item }: ModelSummary): boolean {
  return item.syntax.kind === "alias" && givesNumbersOnly(item.syntax.part);
}

function givesNumbersOnly(part: PartSyntax): boolean {
  const isNumber = part.args.every(({ value }) => value.kind === "int" || value.kind === "float");
  return isNumber && part.with === undefined;
}
