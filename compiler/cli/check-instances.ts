import type { CheckedProgram } from "../2-check/check-files.ts";
import { elaborateMode } from "../2-check/elaborate-mode.ts";
import { type ModelSummary, modelsOf } from "../2-check/find-model.ts";
import type { DiagnosticSink } from "../diagnostics/sink.ts";
import type { Host } from "./host.ts";
import { startProgress } from "./progress.ts";

/**
 * The second check: every mode of every model that stands on its own, with its numbers. What the sink has
 * already from the generic check is not said twice.
 */
export function checkInstances(program: CheckedProgram, sink: DiagnosticSink, host: Host): void {
  const work = modelsOf(program)
    .filter(standsAlone)
    .flatMap((model) =>
      model.modes.filter((mode) => !mode.isStepped).map((mode) => ({ model, mode })),
    );
  const progress = startProgress(host, "modes", work.length);
  for (const [done, { model, mode }] of work.entries()) {
    elaborateMode(program, { model: model.name, mode: mode.name, overrides: [], sink });
    progress.update(done + 1);
  }
  progress.finish();
}

/** A model with an axis or a setting that has no default is a part of other models only. */
function standsAlone({ item }: ModelSummary): boolean {
  const { syntax } = item;
  if (syntax.kind !== "module") return true;
  return [...syntax.formals, ...syntax.params].every((one) => one.default !== undefined);
}
