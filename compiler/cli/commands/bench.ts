import type { Command } from "commander";
import { deviceProfile } from "../../../runtime/device/device-profile.ts";
import type { MeasuredLimits } from "../../../runtime/device/measure-device.ts";
import { measuredLimits } from "../../../runtime/device/measured-limits.ts";
import { Session } from "../../../runtime/session.ts";
import { announceDevice } from "../announce-device.ts";
import { type BenchReport, benchReport, benchText } from "../bench-report.ts";
import { chooseMode } from "../choose-mode.ts";
import { exitCode, Failure } from "../failure.ts";
import { gemmArtifact, parseGemm } from "../gemm.ts";
import type { Host } from "../host.ts";
import { addDeviceOption, addModeOptions, type ModeOptions } from "../mode-options.ts";
import { openSession } from "../open-session.ts";
import { parseAssignments, parseCount } from "../parse-assignments.ts";
import { randomInputs, readInputs } from "../read-inputs.ts";
import { writeJson } from "../write-json.ts";

interface BenchOptions extends ModeOptions {
  readonly in: readonly string[];
  readonly gemm: readonly string[];
  readonly device: string;
  readonly runs: string;
  readonly json?: boolean;
}

/** A product is short, and its figure is compared with others': fewer runs would say too little. */
const fewestGemmRuns = 5;

const several = (text: string, before: readonly string[]) => [...before, text];

export function configure(command: Command, host: Host): void {
  addModeOptions(command.argument("[file]", "a .weft file"));
  addDeviceOption(command)
    .option(
      "--in <name=value>",
      "an input as for `weft run`; those not given are random",
      several,
      [],
    )
    .option("--gemm <MxKxN[:f16]>", "time one matrix product; may be repeated", several, [])
    .option("--runs <n>", "how many runs the medians are taken over", "5")
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
  const chosen = file === undefined ? undefined : chooseMode(file, options);
  const device = await announceDevice(options.device, host);
  const reports: BenchReport[] = [];
  let limits: MeasuredLimits | undefined;
  const measure = async (session: Session, given: typeof inputs, runs: number) => {
    try {
      const tensors = {
        ...(await randomInputs(session.artifact)),
        ...(await readInputs(session.artifact, given)),
      };
      host.say(
        `timing ${session.artifact.model}.${session.artifact.mode}, medians of ${runs} runs\n`,
      );
      const profile = await session.profile(tensors, { runs });
      reports.push(benchReport(session.artifact, device.name, profile, limits));
    } finally {
      session.dispose();
    }
  };
  try {
    host.say("measuring the limits of the device (once for each)\n");
    limits = await measuredLimits(device);
    for (const gemm of sizes) {
      const session = await Session.create(gemmArtifact(gemm, deviceProfile(device)), device);
      await measure(session, [], Math.max(runs, fewestGemmRuns));
    }
    if (file !== undefined && chosen !== undefined) {
      await measure(
        await openSession({ file, chosen, options, inputs, device, guard: false }, host),
        inputs,
        runs,
      );
    }
  } finally {
    device.dispose();
  }
  if (options.json === true) writeJson(host, { reports });
  else for (const report of reports) host.result(benchText(report, host.resultColors));
}
