import type { Command } from "commander";
import { CompileError } from "../../api/compile-error.ts";
import { compileFile, costFile } from "../../api/compile-file.ts";
import { compileStageFile } from "../../api/compile-stage-file.ts";
import { exitCode, Failure } from "../../api/failure.ts";
import { formatTable } from "../../api/text/table.ts";
import type { Host } from "../host.ts";
import { chooseModel, modelsOf } from "../options/choose-mode.ts";
import {
  addModeOptions,
  compileOptions,
  type ModeOptions,
  NamedOption,
} from "../options/mode-options.ts";
import { parseCount } from "../options/parse-assignments.ts";
import { several } from "../options/several.ts";
import { type Emission, emitStages, parsePass, parseStages } from "../report/emit-stages.ts";
import { modelReport, modelText } from "../report/inspect/inspect-model.ts";
import { inspectReport } from "../report/inspect/inspect-report.ts";
import { stageReport, stageText } from "../report/inspect/inspect-stage.ts";
import { inspectText } from "../report/inspect/inspect-text.ts";
import { printDiagnostics } from "../report/print-failure.ts";
import { watchCompiler } from "../report/watch-compiler.ts";
import { writeJson } from "../report/write-json.ts";

interface InspectOptions extends ModeOptions {
  readonly stage?: string;
  readonly phase?: string;
  readonly groups?: boolean;
  readonly lr?: string;
  /** `--steps`; `steps` are the sizes of `--step`. */
  readonly stepCount?: string;
  readonly count: readonly string[];
  readonly emit?: string;
  readonly after?: string;
  readonly json?: boolean;
}

/** In the place of a mode: each of them in full. */
const allModes = "all";

export function configure(command: Command, host: Host): void {
  addModeOptions(command.argument("<file>", "a .weft file"))
    .option(
      "--emit <stages>",
      "print forms of the program instead, such as graph,kernels,plan,wgsl",
    )
    .option("--after <pass>", "print `graph` or `kernels` as they stand after this pass")
    .option(
      "--count <paths>",
      "count the parameters of some parts, such as `mlp1, mlp2` or `layers[*].attn`; may be repeated",
      several,
      [],
    )
    .option("--stage <name>", "a `stage` of the file, in the place of a model and a mode")
    .option("--phase <name>", "one of its phases, where it has several")
    .option("--groups", "list what the stage trains, each with its rate and its decay")
    .addOption(
      new NamedOption(
        "stepCount",
        "--steps <n>",
        "how many steps the stage has, in the place of its own length",
      ),
    )
    .option("--lr <steps>", "learning rates by layer at these steps, from 0, such as 0,100,1000")
    .option("--json", "one JSON document on stdout")
    .action((file: string, options: InspectOptions) => inspect(file, options, host));
}

function inspect(file: string, options: InspectOptions, host: Host): void {
  const stages = options.emit === undefined ? undefined : parseStages(options.emit);
  if (options.after !== undefined) parsePass(options.after, stages ?? []);
  if (options.stage === undefined) assertNoStageOptions(options);
  else {
    inspectStage(file, options.stage, options, host);
    return;
  }
  if (options.model === undefined && modelsOf(file).length > 1) {
    listModels(file, options, host);
    return;
  }
  const model = chooseModel(file, options.model);
  const { modes: known } = model;
  const wantsAll = options.mode === undefined || options.mode === allModes;
  const modes = wantsAll ? known : [options.mode ?? allModes];
  if (modes.length === 0) {
    const hint = "it is a part of other models; a file of those costs it with them";
    throw new Failure(exitCode.input, "unknown-mode", `\`${model.name}\` has no mode`, hint);
  }
  const isWhole = options.mode === undefined && stages === undefined;
  if (options.count.length > 0 && !isWhole) {
    const message = "`--count` counts the whole model, so it excludes `--mode` and `--emit`";
    throw new Failure(exitCode.usage, "bad-option", message);
  }
  if (isWhole && known.length > 1 && options.steps !== undefined) {
    const message = "`--step` gives sizes to a step of one mode";
    throw new Failure(exitCode.usage, "bad-option", message, "name the mode with `--mode`");
  }
  if (isWhole && (known.length > 1 || options.count.length > 0)) {
    inspectWhole(file, model.name, modes, options, host);
    return;
  }
  const emissions = modes.map((mode) => compileMode(file, model.name, mode, options, host));
  if (stages !== undefined) {
    for (const emission of emissions) host.result(emitStages(emission, stages));
    return;
  }
  const reports = emissions.map(({ artifact }) => inspectReport(artifact));
  if (options.json !== true) {
    host.result(reports.map((report) => inspectText(report, host.resultStyle)).join("\n"));
    return;
  }
  // One mode is one document; several are a list of them.
  writeJson(host, wantsAll ? { model: model.name, modes: reports } : reports[0]);
}

function inspectWhole(
  file: string,
  model: string,
  modes: readonly string[],
  options: InspectOptions,
  host: Host,
): void {
  const progress = watchCompiler(host, model);
  const { costs, diagnostics } = costFile(
    compileOptions(file, { model, mode: "" }, options),
    modes,
    progress.watch,
  );
  progress.finish();
  if (costs === undefined) throw new CompileError(diagnostics);
  if (diagnostics.length > 0) printDiagnostics(diagnostics, host);
  const report = modelReport(costs, options.count);
  if (options.json === true) writeJson(host, report);
  else {
    host.result(modelText(report, host.resultStyle));
    host.say(`\`--mode NAME\` shows kernels and memory of one mode, \`--mode all\` of each\n`);
  }
}

function compileMode(
  file: string,
  model: string,
  mode: string,
  options: InspectOptions,
  host: Host,
): Emission {
  const { steps, watch, finish } = watchForms(`${model}.${mode}`, options, host);
  const { artifact, diagnostics } = compileFile(
    compileOptions(file, { model, mode }, options),
    undefined,
    watch,
  );
  finish();
  if (artifact === undefined) throw new CompileError(diagnostics);
  if (diagnostics.length > 0) printDiagnostics(diagnostics, host);
  return { artifact, steps, after: options.after };
}

/** What is told of stages alone. */
function assertNoStageOptions({ phase, groups, lr, stepCount }: InspectOptions): void {
  const given = Object.entries({ phase, groups, lr, steps: stepCount });
  const [name] = given.find(([_, value]) => value !== undefined) ?? [];
  if (name === undefined) return;
  const message = `\`--${name}\` is about a stage, and none is named`;
  throw new Failure(exitCode.usage, "bad-option", message, "name one with `--stage`");
}

/** One phase of a stage. */
function inspectStage(file: string, stage: string, options: InspectOptions, host: Host): void {
  const { model: _, mode: __, ...common } = compileOptions(file, { model: "", mode: "" }, options);
  const { phase, after, lr } = options;
  const factorsAt = lr?.split(",").map((step) => parseCount("--lr", step, 0));
  const { stepCount } = options;
  const count = stepCount === undefined ? undefined : parseCount("--steps", stepCount);
  const name = phase === undefined ? stage : `${stage}.${phase}`;
  const { steps, watch, finish } = watchForms(name, options, host);
  const { artifact, diagnostics } = compileStageFile(
    { ...common, stage, phase },
    { watch, ...(factorsAt && { factorsAt }), ...(count !== undefined && { steps: count }) },
  );
  finish();
  if (diagnostics.length > 0) printDiagnostics(diagnostics, host);
  if (options.emit !== undefined) {
    host.result(emitStages({ artifact, steps, after }, parseStages(options.emit)));
    return;
  }
  const report = stageReport(artifact, options.groups === true);
  if (options.json === true) writeJson(host, report);
  else host.result(stageText(report, host.resultStyle));
}

/** Keeps the forms of the program that are asked for, and tells whoever waits which one is made. */
function watchForms(what: string, { emit, after }: InspectOptions, host: Host) {
  const steps = new Map<string, string>();
  const wanted = new Set([...(emit ?? "").split(","), after]);
  const progress = watchCompiler(host, what);
  const watch = (form: string, text: () => string): void => {
    progress.watch(form);
    if (!wanted.has(form)) return;
    // Of a mode with several steps each tells its own.
    const before = steps.get(form);
    steps.set(form, before === undefined ? text() : `${before}\n${text()}`);
  };
  return { steps, watch, finish: progress.finish };
}

function listModels(file: string, options: InspectOptions, host: Host): void {
  const models = modelsOf(file);
  if (options.json === true) {
    writeJson(host, { models });
    return;
  }
  const rows = models.map(({ name, modes, doc }) => [name, modes.join(", "), firstLine(doc)]);
  const columns = [{ title: "model" }, { title: "modes" }, { title: "" }];
  host.result(formatTable(columns, rows, host.resultStyle));
  host.say(`\`weft inspect ${file} --model ${models[0]?.name}\` costs one of them\n`);
}

function firstLine(doc: string | undefined): string {
  return doc?.split("\n")[0]?.trim() ?? "";
}
