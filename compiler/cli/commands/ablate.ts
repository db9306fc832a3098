import type { Command } from "commander";
import { CompileError } from "../../api/compile-error.ts";
import { resolveStudy } from "../../api/studies/resolve-study.ts";
import type { Host } from "../host.ts";
import { type AblationFlags, addAblationOptions, runAblation } from "../run-ablation.ts";

interface AblateOptions extends AblationFlags {
  readonly experiment: string;
}

export function configure(command: Command, host: Host): void {
  command
    .argument("<file>", "a .weft file")
    .requiredOption("--experiment <name>", "an `experiment` of the file")
    .option("--only <cell>", "nothing but this cell, by name or hash; CELL/SEED with one seed");
  addAblationOptions(command)
    .option("--json", "one JSON document a line on stdout for each event")
    .action((file: string, options: AblateOptions) => ablate(file, options, host));
}

async function ablate(file: string, options: AblateOptions, host: Host): Promise<void> {
  const { study, diagnostics } = resolveStudy(file, options.experiment);
  if (study === undefined) throw new CompileError(diagnostics);
  await runAblation(file, study, options, host);
}
