import type { Command } from "commander";
import { chooseModel, modelsOf } from "../choose-mode.ts";
import { CompileError } from "../compile-error.ts";
import { compileFile } from "../compile-file.ts";
import { type Emission, emitStages, parsePass, parseStages } from "../emit-stages.ts";
import { exitCode, Failure } from "../failure.ts";
import type { Host } from "../host.ts";
import { inspectReport } from "../inspect-report.ts";
import { inspectText } from "../inspect-text.ts";
import { addModeOptions, compileOptions, type ModeOptions } from "../mode-options.ts";
import { printDiagnostics } from "../print-failure.ts";
import { formatTable } from "../table.ts";
import { writeJson } from "../write-json.ts";

interface InspectOptions extends ModeOptions {
  readonly emit?: string;
  readonly after?: string;
  readonly json?: boolean;
}

export function configure(command: Command, host: Host): void {
  addModeOptions(command.argument("<file>", "a .weft file"))
    .option(
      "--emit <stages>",
      "print forms of the program instead, such as graph,kernels,plan,wgsl",
    )
    .option("--after <pass>", "print `graph` as it stands after this pass")
    .option("--json", "one JSON document on stdout")
    .action((file: string, options: InspectOptions) => inspect(file, options, host));
}

function inspect(file: string, options: InspectOptions, host: Host): void {
  const stages = options.emit === undefined ? undefined : parseStages(options.emit);
  if (options.after !== undefined) parsePass(options.after);
  if (options.model === undefined && modelsOf(file).length > 1) {
    listModels(file, options, host);
    return;
  }
  const model = chooseModel(file, options.model);
  const modes = options.mode === undefined ? model.modes : [options.mode];
  if (modes.length === 0) {
    const hint = "it is a part of other models; a file of those costs it with them";
    throw new Failure(exitCode.input, "unknown-mode", `\`${model.name}\` has no mode`, hint);
  }
  const emissions = modes.map((mode) => compileMode(file, model.name, mode, options, host));
  if (stages !== undefined) {
    for (const emission of emissions) host.result(emitStages(emission, stages));
    return;
  }
  const reports = emissions.map(({ artifact }) => inspectReport(artifact));
  if (options.json !== true) {
    host.result(reports.map((report) => inspectText(report, host.resultColors)).join("\n"));
    return;
  }
  // One mode is one document; a whole model is a list of them.
  writeJson(host, options.mode === undefined ? { model: model.name, modes: reports } : reports[0]);
}

function compileMode(
  file: string,
  model: string,
  mode: string,
  options: InspectOptions,
  host: Host,
): Emission {
  const steps = new Map<string, string>();
  const watch = (step: string, text: () => string) => void steps.set(step, text());
  const { artifact, diagnostics } = compileFile(
    compileOptions(file, { model, mode }, options),
    undefined,
    options.emit === undefined ? undefined : watch,
  );
  if (artifact === undefined) throw new CompileError(diagnostics);
  if (diagnostics.length > 0) printDiagnostics(diagnostics, host);
  return { artifact, steps, after: options.after };
}

function listModels(file: string, options: InspectOptions, host: Host): void {
  const models = modelsOf(file);
  if (options.json === true) {
    writeJson(host, { models });
    return;
  }
  const rows = models.map(({ name, modes, doc }) => [name, modes.join(", "), firstLine(doc)]);
  const columns = [{ title: "model" }, { title: "modes" }, { title: "" }];
  host.result(formatTable(columns, rows, host.resultColors));
  host.say(`\`weft inspect ${file} --model ${models[0]?.name}\` costs one of them\n`);
}

function firstLine(doc: string | undefined): string {
  return doc?.split("\n")[0]?.trim() ?? "";
}
