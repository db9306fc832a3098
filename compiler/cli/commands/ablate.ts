import type { Command } from "commander";
import { CompileError } from "../../api/compile-error.ts";
import { chosenCells } from "../../api/studies/choose-cells.ts";
import { resolveStudy } from "../../api/studies/resolve-study.ts";
import type { Study } from "../../api/studies/study.ts";
import type { Host } from "../host.ts";
import { parseCount, parseSettings } from "../options/parse-assignments.ts";
import { several } from "../options/several.ts";
import { printDiagnostics } from "../report/print-failure.ts";
import { startProgress } from "../report/progress.ts";
import { studyPlanText } from "../report/studies/study-plan.ts";
import { writeJson } from "../report/write-json.ts";
import { type AblationFlags, addAblationOptions, runAblation } from "../run-ablation.ts";

interface AblateOptions extends AblationFlags {
  readonly experiment: string;
  readonly dryRun?: boolean;
  readonly set: readonly string[];
  readonly stepsPerEpoch?: string;
}

export function configure(command: Command, host: Host): void {
  command
    .argument("<file>", "a .weft file")
    .requiredOption("--experiment <name>", "an `experiment` of the file")
    .option("--dry-run", "check and count every cell, print the plan, and run nothing")
    .option("--only <cell>", "nothing but this cell, by name or hash; CELL/SEED with one seed")
    .option(
      "--set <path=value>",
      "give a setting or an axis another value in every cell; may be repeated",
      several,
      [],
    )
    .option(
      "--steps-per-epoch <n>",
      "how many steps a pass over the data takes, for stages that count epochs",
    );
  addAblationOptions(command)
    .option("--json", "one JSON document a line on stdout for each event; the plan with --dry-run")
    .action((file: string, options: AblateOptions) => ablate(file, options, host));
}

async function ablate(file: string, options: AblateOptions, host: Host): Promise<void> {
  const study = planStudy(file, options, host);
  if (options.dryRun !== true) return runAblation(file, study, options, host);
  const { only } = options;
  const planned = only === undefined ? study : { ...study, ...chosenCells(study, only) };
  if (options.json === true) writeJson(host, planned);
  else host.result(studyPlanText(planned, host.resultStyle));
}

/** Resolves, checks and counts the experiment that is asked for; mistakes in it end the command. */
function planStudy(file: string, options: AblateOptions, host: Host): Study {
  const { experiment, stepsPerEpoch } = options;
  let progress: ReturnType<typeof startProgress> | undefined;
  const { study, diagnostics } = resolveStudy(file, experiment, {
    set: parseSettings(options.set),
    stepsPerEpoch:
      stepsPerEpoch === undefined ? undefined : parseCount("--steps-per-epoch", stepsPerEpoch),
    onCell(_, done, all) {
      progress ??= startProgress(host, "cells", all);
      progress.update(done);
    },
  });
  progress?.finish();
  if (study === undefined) throw new CompileError(diagnostics);
  if (diagnostics.length > 0 && options.json !== true) printDiagnostics(diagnostics, host);
  return study;
}
