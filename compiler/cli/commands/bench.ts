import type { Command } from "commander";
import { measureAgain, measuredLimits } from "../../../runtime/device/measured-limits.ts";
import type { Profile } from "../../../runtime/execute/profile.ts";
import { Session } from "../../../runtime/session.ts";
import { tokenizerSource } from "../../../runtime/text/load-tokenizer.ts";
import type { CompileOptions } from "../../api/compile-options.ts";
import { exitCode, Failure } from "../../api/failure.ts";
import { PlanCache } from "../../api/load/plan-cache.ts";
import { tunedProfile } from "../../api/load/tuned-profile.ts";
import { benchReport, benchText } from "../../api/text/bench-report.ts";
import type { Artifact } from "../../artifact.ts";
import { parseGemm } from "../../tune/gemm.ts";
import type { Host } from "../host.ts";
import { compileSession, openSession, type SessionRequest } from "../open-session.ts";
import { assertNamed, findMode } from "../options/find-mode.ts";
import { wholeNumber } from "../options/generation-options.ts";
import {
  addDeviceOption,
  addModeOptions,
  addRunningOptions,
  compileOptions,
  type ModeOptions,
  type RunningOptions,
} from "../options/mode-options.ts";
import { parseAssignments, parseCount } from "../options/parse-assignments.ts";
import { randomInputs, readInputs } from "../options/read-inputs.ts";
import { several } from "../options/several.ts";
import { announceDevice } from "../report/announce-device.ts";
import { compareWidths, widthsText } from "../report/compare-widths.ts";
import { measuredMemory, memoryText } from "../report/memory-report.ts";
import { TraceRecorder } from "../report/trace-recorder.ts";
import { writeJson } from "../report/write-json.ts";

interface BenchOptions extends ModeOptions, RunningOptions {
  readonly in: readonly string[];
  readonly gemm: readonly string[];
  readonly device: string;
  readonly runs: string;
  readonly compareWidths?: boolean;
  readonly tune?: boolean;
  readonly budget: string;
  readonly json?: boolean;
}

/** A product is short, and its figure is compared with others': fewer runs would say too little. */
const fewestGemmRuns = 5;

export function configure(command: Command, host: Host): void {
  addModeOptions(command.argument("[file]", "a .weft file"));
  addRunningOptions(addDeviceOption(command))
    .option(
      "--in <name=value>",
      "an input as for `weft run`; those not given are random",
      several,
      [],
    )
    .option("--gemm <MxKxN[:f16]>", "time one matrix product; may be repeated", several, [])
    .option("--runs <n>", "how many runs the medians are taken over", "5")
    .option(
      "--compare-widths",
      "the mode with weights as they are, in int8 and in int4: bytes, time, and how much outputs change",
    )
    .option(
      "--tune",
      "measure a few schedules for every contraction and attention, and keep the fastest for this device",
    )
    .option("--budget <seconds>", "how long --tune may take", "60")
    .option("--json", "one JSON document on stdout")
    .action((file: string | undefined, options: BenchOptions) => bench(file, options, host));
}

async function bench(file: string | undefined, options: BenchOptions, host: Host): Promise<void> {
  if (file === undefined && options.gemm.length === 0) {
    const hint = "`weft bench FILE --model M --mode X`, or `weft bench --gemm 1024x1024x1024`";
    throw new Failure(exitCode.usage, "bad-option", "there is nothing to time", hint);
  }
  const runs = parseCount("--runs", options.runs);
  const sizes = options.gemm.map(parseGemm);
  const inputs = parseAssignments("--in", options.in);
  const tokenizer = tokenizerSource(options.tokenizer, options.weights, options);
  const immediates = { seed: wholeNumber("--seed", options.seed) };
  const recorder = new TraceRecorder();
  const cache = options.cache ? new PlanCache() : undefined;
  const onSpan = options.profile === undefined ? undefined : recorder.sink;
  const chosen = file === undefined ? undefined : await findMode(file, options, cache, onSpan);
  if (chosen !== undefined) assertNamed(chosen, inputs);
  const device = await recorder.span("load", "open the device", () =>
    announceDevice(options.device, host, options.tuned),
  );
  const measured: { readonly artifact: Artifact; readonly profile: Profile }[] = [];
  const tensorsFor = async (artifact: Artifact, given: typeof inputs) => ({
    ...(await randomInputs(artifact)),
    ...(await readInputs(artifact, given, tokenizer)),
  });
  const measure = async (session: Session, given: typeof inputs, runs: number) => {
    const { artifact } = session;
    try {
      const tensors = await tensorsFor(artifact, given);
      host.say(`timing ${artifact.model}.${artifact.mode}, medians of ${runs} runs\n`);
      measured.push({ artifact, profile: await session.profile(tensors, { runs, immediates }) });
      // After the timing, so that the trace shows a warm run.
      if (options.profile !== undefined)
        recorder.addRun(
          artifact,
          (await session.trace(tensors, { immediates })).timeline,
          device.name,
        );
      host.say(memoryText(measuredMemory(artifact)));
    } finally {
      session.dispose();
    }
  };
  try {
    if (options.tune === true) {
      const { tune } = await import("../report/tune.ts");
      const budgetMs = 1000 * parseCount("--budget", options.budget);
      const isJson = options.json === true;
      const program =
        file === undefined || chosen === undefined
          ? undefined
          : await sizedOptions(
              { file, chosen, options, inputs, tokenizer, device, guard: false, cache, onSpan },
              host,
            );
      await tune({ device, gemms: sizes, program, budgetMs, isJson }, host);
      return;
    }
    const known = await measuredLimits(device);
    for (const gemm of sizes) {
      const { gemmArtifact } = await import("../../tune/gemm-artifact.ts");
      const artifact = gemmArtifact(gemm, tunedProfile(device, options.tuned));
      const session = await Session.create(artifact, device, undefined, { onSpan });
      await measure(session, [], Math.max(runs, fewestGemmRuns));
    }
    if (file !== undefined && chosen !== undefined) {
      const request = {
        file,
        chosen,
        options,
        inputs,
        tokenizer,
        device,
        guard: false,
        cache,
        onSpan,
      };
      if (options.compareWidths === true) {
        const open = async (own: ModeOptions) => {
          const changed = { ...request, options: own };
          return openSession(await compileSession(changed, host), changed, host);
        };
        const widths = await compareWidths(
          options,
          runs,
          ({ artifact }) => tensorsFor(artifact, inputs),
          open,
        );
        if (options.json === true) writeJson(host, { widths });
        else host.result(widthsText(widths, host.resultStyle));
        return;
      }
      const artifact = await compileSession(request, host);
      await measure(await openSession(artifact, request, host), inputs, runs);
    }
    const reportsFor = (limits: typeof known) =>
      measured.map(({ artifact, profile }) => benchReport(artifact, device.name, profile, limits));
    // A kernel above the limit says that the limit was measured on a busy machine.
    const isTooLow = reportsFor(known).some(({ kernels }) =>
      kernels.some(({ gflops }) => gflops > known.gflops),
    );
    const reports = reportsFor(isTooLow ? await measureAgain(device, known) : known);
    if (options.profile !== undefined) {
      recorder.write(options.profile);
      host.say(`wrote ${options.profile}\n`);
    }
    if (options.json === true) {
      const memory = measured.map(({ artifact }) => measuredMemory(artifact));
      writeJson(host, { reports: reports.map((report, n) => ({ ...report, memory: memory[n] })) });
    } else for (const report of reports) host.result(benchText(report, host.resultStyle));
  } finally {
    device.dispose();
  }
}

/** What to compile, at the sizes that the inputs have. */
async function sizedOptions(request: SessionRequest, host: Host): Promise<CompileOptions> {
  const { sizes } = await compileSession(request, host);
  const options = compileOptions(request.file, request.chosen, request.options);
  return { ...options, sizes: { ...options.sizes, ...sizes } };
}
