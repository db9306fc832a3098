import { readHeaders } from "../../../runtime/weights/checkpoint.ts";
import { parseWeightSource } from "../../../runtime/weights/weight-source.ts";
import type { Assignment } from "../../api/assignment.ts";
import { CompileError } from "../../api/compile-error.ts";
import { surveyFile } from "../../api/compile-file.ts";
import { Ended, exitCode, Failure } from "../../api/failure.ts";
import { sizesOfInputs } from "../../api/generate/sizes-of-inputs.ts";
import type { Host } from "../host.ts";
import { chooseMode, chooseModel } from "../options/choose-mode.ts";
import { compileOptions, type ModeOptions } from "../options/mode-options.ts";
import { dryRunReport } from "./dry-run-report.ts";
import { dryRunText } from "./dry-run-text.ts";
import { printDiagnostics } from "./print-failure.ts";
import { writeJson } from "./write-json.ts";

/**
 * Says what loading the checkpoint would do: headers are read, nothing else of the weights, and no device
 * is opened. Without `--mode` a model with several modes is looked at as a whole.
 */
export function dryRun(
  file: string,
  options: ModeOptions & { readonly json?: boolean },
  inputs: readonly Assignment[],
  host: Host,
): void {
  const { weights } = options;
  const source = weights === undefined ? undefined : parseWeightSource(weights);
  if (source?.kind !== "checkpoint") {
    const message = "`--dry-run` looks into a checkpoint, and none is given";
    throw new Failure(exitCode.usage, "bad-option", message, "add `--weights FILE` or a folder");
  }
  const { name: model, modes } = chooseModel(file, options.model);
  const isWhole = options.mode === undefined && modes.length > 1;
  const mode = isWhole ? undefined : chooseMode(file, { ...options, model }).mode;
  const found = surveyWithInputs(file, { model, mode }, options, inputs);
  const { survey, diagnostics } = found;
  if (survey === undefined) throw new CompileError(diagnostics);
  const asked = { model, mode, isNamed: options.layout !== undefined };
  const report = dryRunReport(asked, readHeaders(source), survey, found);
  if (options.json === true) writeJson(host, report);
  else {
    if (diagnostics.length > 0) printDiagnostics(diagnostics, host);
    host.result(dryRunText(report, host.resultStyle));
  }
  if (!report.fits) throw new Ended(exitCode.input);
}

/** What the device needs depends on the sizes of the inputs, so they are looked at where they are given. */
function surveyWithInputs(
  file: string,
  { model, mode }: { readonly model: string; readonly mode: string | undefined },
  options: ModeOptions,
  inputs: readonly Assignment[],
): ReturnType<typeof surveyFile> {
  const wanted = compileOptions(file, { model, mode: mode ?? "" }, options);
  const first = surveyFile(wanted, mode);
  if (first.artifact === undefined || inputs.length === 0) return first;
  const sizes = sizesOfInputs(first.artifact, inputs, wanted.sizes ?? {});
  const known = first.artifact.sizes;
  if (Object.entries(sizes).every(([axis, size]) => known[axis] === size)) return first;
  return surveyFile({ ...wanted, sizes: { ...wanted.sizes, ...sizes } }, mode);
}
