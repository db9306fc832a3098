import { writeFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { type Command, Option } from "commander";
import { fault } from "../../../runtime/faults.ts";
import { fileFault } from "../../../runtime/files/read-bytes.ts";
import { exportRun } from "../../../runtime/train/export-run.ts";
import type { ModelBinding } from "../../6-emit/bindings/model-binding.ts";
import { CompileError } from "../../api/compile-error.ts";
import { compileFile } from "../../api/compile-file.ts";
import { exitCode, Failure } from "../../api/failure.ts";
import { namedSource } from "../../api/load/named-source.ts";
import { parseOnce } from "../../api/load/parse-once.ts";
import { stageForms } from "../../api/stage-forms.ts";
import { readAdaptedPhases } from "../../api/training/run-document.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { Host } from "../host.ts";
import { chooseModel } from "../options/choose-mode.ts";
import { parseSettings } from "../options/parse-assignments.ts";
import { several } from "../options/several.ts";
import { printDiagnostics } from "../report/print-failure.ts";

interface ExportOptions {
  readonly to: "ts" | "safetensors";
  readonly model?: string;
  readonly set: readonly string[];
  readonly out?: string;
  readonly library?: string;
  readonly merge?: boolean;
  readonly ema?: boolean;
  readonly half?: boolean;
}

export function configure(command: Command, host: Host): void {
  command
    .argument("<source>", "a .weft file; for safetensors, the folder of a run")
    .addOption(
      new Option(
        "--to <format>",
        "ts: typed TypeScript bindings of a model's modes and stages; safetensors: the weights of a run",
      )
        .choices(["ts", "safetensors"])
        .makeOptionMandatory(),
    )
    .option("--model <name>", "a `model` of the file")
    .option(
      "--set <path=value>",
      "give a setting or an axis another value; may be repeated",
      several,
      [],
    )
    .option(
      "--out <path>",
      "where to write: bindings without it to stdout, weights to a .safetensors file or a folder",
    )
    .option("--library <specifier>", "where the bindings import `load` from (default `weft`)")
    .option("--merge", "add what `adapt` trained to the weights beside which it stands")
    .option("--ema", "means of weights in the place of the weights")
    .option("--half", "store the weights as F16, each the nearest number")
    .action((source: string, options: ExportOptions) => exportAs(source, options, host));
}

async function exportAs(source: string, options: ExportOptions, host: Host): Promise<void> {
  assertOptions(options);
  if (options.to === "safetensors") exportWeights(source, options, host);
  else await exportBindings(source, options, host);
}

/** Options of the other format would be without effect. */
function assertOptions({ to, model, set, library, merge, ema, half }: ExportOptions): void {
  const given =
    to === "ts"
      ? { "--merge": merge, "--ema": ema, "--half": half }
      : { "--model": model, "--library": library, "--set": set[0] };
  const [idle] = Object.entries(given).filter(([, value]) => value !== undefined);
  if (idle === undefined) return;
  const message = `\`${idle[0]}\` means nothing with \`--to ${to}\``;
  throw new Failure(exitCode.usage, "bad-option", message);
}

function exportWeights(run: string, { out, merge, ema, half }: ExportOptions, host: Host): void {
  if (out === undefined) {
    const message = "weights are written to `--out`: a .safetensors file, or a folder";
    throw new Failure(exitCode.usage, "bad-option", message);
  }
  const phases = readAdaptedPhases(run);
  if (phases === undefined)
    throw fault("not-exportable", { path: run, reason: "there is no run in it" });
  const told = {
    phases,
    mergesAdapters: merge === true,
    useMeans: ema === true,
    halves: half === true,
  };
  const found = exportRun(run, out, told);
  for (const name of found.passedOver) host.say(`warning: ${name} is passed over\n`);
  const notes = [
    ...(found.means > 0 ? [`${found.means} of them means`] : []),
    ...(found.merged > 0 ? [`${found.merged} with their adapters`] : []),
  ];
  host.say(`${[`${found.tensors} tensors of ${found.checkpoint}`, ...notes].join(", ")}\n`);
  if (found.unmerged > 0)
    host.say("its adapters are tensors of their own; `--merge` adds them to the weights\n");
  if (found.config !== undefined)
    host.say(`its sizes are said by ${found.config}: \`--config\` takes it\n`);
  for (const file of found.files) host.say(`wrote ${file}\n`);
}

async function exportBindings(file: string, options: ExportOptions, host: Host): Promise<void> {
  // ts-morph brings a whole TypeScript; no other command waits for it.
  const { emitBindings } = await import("../../6-emit/bindings/emit-bindings.ts");
  const { bindMode, bindStage } = await import("../../6-emit/bindings/model-binding.ts");
  const model = chooseModel(file, options.model);
  const settings = parseSettings(options.set);
  // The modes share their file, whose warnings are said once.
  const warnings = new Map<string, Diagnostic>();
  const modes = model.modes.map((mode) => {
    const request = { file, model: model.name, mode, set: settings };
    const { artifact, diagnostics } = compileFile(request);
    if (artifact === undefined) throw new CompileError(diagnostics);
    for (const one of diagnostics) warnings.set(`${one.message} ${one.primary.span.start}`, one);
    return bindMode(artifact);
  });
  const trained = stageForms({
    entry: namedSource(file).entry,
    loader: namedSource(file).loader(),
    parse: parseOnce,
    model: model.name,
    overrides: Object.entries(settings).map(([path, value]) => ({ path, value })),
  });
  if (trained.diagnostics.some(({ severity }) => severity === "error"))
    throw new CompileError(trained.diagnostics);
  for (const one of trained.diagnostics)
    warnings.set(`${one.message} ${one.primary.span.start}`, one);
  if (warnings.size > 0) printDiagnostics([...warnings.values()], host);
  const binding: ModelBinding = {
    model: model.name,
    file: relativeUrl(options.out ?? "bindings.ts", file),
    shownFile: file,
    library: options.library ?? "weft",
    settings,
    modes,
    stages: trained.forms.map(bindStage),
  };
  const text = emitBindings(binding);
  if (options.out === undefined) {
    host.text(text);
    return;
  }
  try {
    writeFileSync(options.out, text);
  } catch (error) {
    throw fileFault(options.out, error);
  }
  host.say(`wrote ${options.out}\n`);
}

/** The `.weft` file as the written file names it. */
function relativeUrl(from: string, file: string): string {
  const folder = dirname(resolve(from));
  const path = relative(folder, resolve(file)).split(sep).join("/");
  return path.startsWith(".") ? path : `./${path}`;
}
