import type { Device } from "../../../runtime/device/device.ts";
import { deviceProfile } from "../../../runtime/device/device-profile.ts";
import { measuredLimits } from "../../../runtime/device/measured-limits.ts";
import { tuningTasks } from "../../5-schedule/choose/tuning-candidates.ts";
import { CompileError } from "../../api/compile-error.ts";
import { compileFile } from "../../api/compile-file.ts";
import type { CompileOptions } from "../../api/compile-options.ts";
import { readTunedFile, tunedFile, writeTunedFile } from "../../api/load/tuned-file.ts";
import type { TunedChoice } from "../../ir/device-profile.ts";
import type { KernelProgram } from "../../ir/kernel/kernel.ts";
import type { Gemm } from "../../tune/gemm.ts";
import { gemmArtifact } from "../../tune/gemm-artifact.ts";
import { type TunedKernel, tuneKernels } from "../../tune/tune-kernels.ts";
import type { Host } from "../host.ts";
import { printDiagnostics } from "./print-failure.ts";
import { startProgress } from "./progress.ts";
import { tuneReport, tuneText } from "./tune-report.ts";
import { writeJson } from "./write-json.ts";

interface TuneRequest {
  readonly device: Device;
  readonly gemms: readonly Gemm[];
  /** A mode of a file at its sizes. */
  readonly program: CompileOptions | undefined;
  readonly budgetMs: number;
  readonly isJson: boolean;
}

/**
 * Measures the contractions and attentions of a program on the device, and keeps what is faster than the
 * schedules' own choice in a file from which later runs take it. The file is written after each kernel: a
 * run that is interrupted keeps what it found.
 */
export async function tune(request: TuneRequest, host: Host): Promise<void> {
  const { device, budgetMs } = request;
  const profile = deviceProfile(device);
  const programs: KernelProgram[] = [];
  const onKernels = (program: KernelProgram): void => void programs.push(program);
  for (const gemm of request.gemms) gemmArtifact(gemm, profile, onKernels);
  if (request.program !== undefined) {
    const { artifact, diagnostics } = compileFile(
      request.program,
      profile,
      undefined,
      undefined,
      onKernels,
    );
    if (artifact === undefined) throw new CompileError(diagnostics);
    if (diagnostics.length > 0) printDiagnostics(diagnostics, host);
  }
  const tasks = programs.flatMap((program) =>
    tuningTasks(program).map((task) => ({ ...task, tensors: program.tensors })),
  );
  const path = tunedFile(device);
  const known = readTunedFile(device, path);
  if (known !== undefined && "problem" in known)
    host.say(`warning: \`${path}\` is replaced: ${known.problem}\n`);
  const table = new Map(known !== undefined && "table" in known ? Object.entries(known.table) : []);
  const rates = await measuredLimits(device);
  host.say(`tuning ${tasks.length} kinds of kernels, for at most ${budgetMs / 1000} s\n`);
  let progress: ReturnType<typeof startProgress> | undefined;
  const tuned = await tuneKernels({
    tasks,
    device,
    profile,
    rates,
    budgetMs,
    onMeasured(done, total) {
      progress ??= startProgress(host, "tuning", total, (amount) => `${amount} candidates`);
      progress.update(done);
    },
    onTuned(kernel) {
      const choice = choiceOf(kernel);
      // What the budget cut short says nothing against an earlier choice.
      const isWhole = kernel.candidates.every(({ microseconds }) => microseconds !== undefined);
      if (choice !== undefined) table.set(kernel.task.key, choice);
      else if (isWhole) table.delete(kernel.task.key);
      writeTunedFile(device, Object.fromEntries(table), path);
    },
  }).finally(() => progress?.finish());
  const left = tasks.length - tuned.length;
  if (request.isJson) {
    writeJson(host, { device: device.name, file: path, left, kernels: tuned.map(tuneReport) });
    return;
  }
  host.result(tuneText(tuned, host.resultStyle));
  if (left > 0) host.say(`the budget left ${left} kinds of kernels untuned: --budget gives more\n`);
  host.say(`wrote ${path} (${table.size} choices; later runs on this device take them)\n`);
}

function choiceOf({ winner, candidates }: TunedKernel): TunedChoice | undefined {
  const { choice, microseconds } = winner ?? {};
  const heuristic = candidates[0]?.microseconds;
  if (choice === undefined || microseconds === undefined || heuristic === undefined)
    return undefined;
  return { ...choice, microseconds, heuristicMicroseconds: heuristic };
}
