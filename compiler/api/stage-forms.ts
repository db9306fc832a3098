import { parse } from "../1-parse/parse.ts";
import { checkFiles } from "../2-check/check-files.ts";
import { stageRecord } from "../2-check/stages/elaborate-stage.ts";
import { findStage, phasesOf } from "../2-check/stages/find-stage.ts";
import type { InputForm } from "../artifact.ts";
import { inputForms } from "../assemble/interface-specs.ts";
import { planFor } from "../assemble/stage-plan.ts";
import type { SourceRequest } from "../compile.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { DiagnosticSink } from "../diagnostics/sink.ts";
import { extentOf } from "../ops/extent.ts";

/** A stage with the records of its phases; one record where it has none. */
interface StageForm {
  readonly stage: string;
  readonly phases: readonly string[];
  readonly records: readonly {
    readonly inputs: readonly InputForm[];
    /** Names of the axes that every batch binds. */
    readonly freeAxes: readonly string[];
  }[];
}

interface StageForms {
  readonly forms: readonly StageForm[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What the stages of a file take that train a model, without anything that their losses need. */
export function stageForms(request: SourceRequest & { readonly model: string }): StageForms {
  const sink = new DiagnosticSink();
  const { entry, loader, model } = request;
  const program = checkFiles({ entries: [entry], loader, parse: request.parse ?? parse, sink });
  const own = program.stages.filter(
    ({ file, syntax }) => program.entries.includes(file) && syntax.of.text === model,
  );
  const forms = own.map((stage): StageForm => {
    const { text } = stage.syntax.name;
    const names = phasesOf(program, text);
    const records = names.flatMap((phase) => {
      const found = findStage(program, { stage: text, phase }, sink);
      const plan = found && planFor(program, found, undefined, request, sink);
      if (plan === undefined) return [];
      const { inputs, freeAxes } = stageRecord(stage, plan);
      const numbers = new Map(freeAxes.map(({ size }) => [size, 1]));
      const extent = extentOf(plan.model.checker.sizes, numbers);
      return [{ inputs: inputForms(inputs, extent), freeAxes: freeAxes.map(({ name }) => name) }];
    });
    return { stage: text, phases: names.flatMap((name) => name ?? []), records };
  });
  return { forms, diagnostics: sink.diagnostics };
}
