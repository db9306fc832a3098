import type { Device } from "../../runtime/device/device.ts";
import type { SpanSink } from "../../runtime/execute/span.ts";
import { Session } from "../../runtime/session.ts";
import type { WeightReport } from "../../runtime/stored/load-stored.ts";
import { quantizedTotal } from "../../runtime/stored/quantized-total.ts";
import type { TokenizerSource } from "../../runtime/text/load-tokenizer.ts";
import { parseWeightSource } from "../../runtime/weights/weight-source.ts";
import type { Assignment } from "../api/assignment.ts";
import { compileCached } from "../api/compile-cached.ts";
import { CompileError } from "../api/compile-error.ts";
import type { CompileOptions } from "../api/compile-options.ts";
import { sizesOfInputs } from "../api/generate/sizes-of-inputs.ts";
import type { PlanCache } from "../api/load/plan-cache.ts";
import { tunedProfile } from "../api/load/tuned-profile.ts";
import { formatBytes, formatTime } from "../api/text/format-quantity.ts";
import type { Artifact } from "../artifact.ts";
import type { Host } from "./host.ts";
import type { ChosenMode } from "./options/choose-mode.ts";
import { compileOptions, type ModeOptions } from "./options/mode-options.ts";
import { memoryReport } from "./report/memory-report.ts";
import { printDiagnostics } from "./report/print-failure.ts";
import { startProgress } from "./report/progress.ts";

export interface SessionRequest {
  readonly file: string;
  readonly chosen: ChosenMode;
  readonly options: ModeOptions;
  /** Their shapes decide the sizes of free axes. */
  readonly inputs: readonly Assignment[];
  /** For inputs that are text. */
  readonly tokenizer?: TokenizerSource;
  readonly device: Device;
  readonly guard: boolean;
  readonly cache: PlanCache | undefined;
  /** For traces. */
  readonly onSpan: SpanSink | undefined;
}

/** From what was typed to a program for a device and for the sizes of the inputs. */
export function compileSession(request: SessionRequest, host: Host): Promise<Artifact> {
  const { file, chosen, options } = request;
  return compileForInputs(compileOptions(file, chosen, options), request, host);
}

/** From a program to a mode that is ready on its device; says what happens on the way. */
export async function openSession(
  artifact: Artifact,
  request: Pick<SessionRequest, "device" | "guard" | "onSpan"> & {
    readonly options: { readonly weights?: string | readonly string[] };
    /** For beams. */
    readonly permutes?: boolean;
  },
  host: Host,
): Promise<Session> {
  const { options, device, permutes = false } = request;
  const stages = { pipelines: undefined, weights: undefined, streamed: undefined } as Record<
    string,
    ReturnType<typeof startProgress> | undefined
  >;
  const source = parseWeightSource(options.weights ?? "random:0");
  const session = await Session.create(artifact, device, source, {
    guard: request.guard,
    permutes,
    onSpan: request.onSpan,
    onPipeline(done, total) {
      stages.pipelines ??= startProgress(host, "pipelines", total);
      stages.pipelines.update(done);
      if (done < total) return;
      stages.pipelines.finish();
      // Steps of a mode are compiled one after the other, each when it is needed.
      stages.pipelines = undefined;
    },
    onWeights({ doneBytes, totalBytes }) {
      stages.weights ??= startProgress(host, "weights", totalBytes, formatBytes);
      stages.weights.update(doneBytes);
      if (doneBytes === totalBytes) stages.weights.finish();
    },
    onStream({ doneBytes, totalBytes }) {
      stages.streamed ??= startProgress(host, "streaming weights", totalBytes, formatBytes);
      stages.streamed.update(doneBytes);
      if (doneBytes < totalBytes) return;
      stages.streamed.finish();
      // The next run brings them again.
      stages.streamed = undefined;
    },
  }).finally(() => {
    stages.pipelines?.finish();
    stages.weights?.finish();
  });
  host.say(weightText(session.weights, artifact));
  return session;
}

/** Compiles once with what was said, and once more if the inputs turn out to have other sizes. */
async function compileForInputs(
  options: CompileOptions,
  request: SessionRequest,
  host: Host,
): Promise<Artifact> {
  const first = await compiled(options, request, host);
  const sizes = sizesOfInputs(first, request.inputs, options.sizes ?? {}, request.tokenizer);
  const isSame = Object.entries(sizes).every(([axis, size]) => first.sizes[axis] === size);
  if (isSame) return first;
  return compiled({ ...options, sizes: { ...options.sizes, ...sizes } }, request, host);
}

async function compiled(
  options: CompileOptions,
  request: SessionRequest,
  host: Host,
): Promise<Artifact> {
  const { artifact, diagnostics } = await compileCached(
    options,
    tunedProfile(request.device, request.options.tuned),
    request,
  );
  if (artifact === undefined) throw new CompileError(diagnostics);
  if (diagnostics.length > 0) printDiagnostics(diagnostics, host);
  return artifact;
}

function weightText(report: WeightReport, artifact: Artifact): string {
  const { source, bytes, timeMs, initialised, resampled, unused, ignored } = report;
  const from = source.kind === "random" ? `initialisers with seed ${source.seed}` : source.path;
  const layout =
    source.kind === "random" || artifact.checkpoint === undefined
      ? ""
      : `, layout ${artifact.checkpoint.layout}`;
  const rate = formatBytes(Math.round(bytes / Math.max(1e-3, timeMs / 1000)));
  const lines = [
    `weights: ${formatBytes(bytes)} from ${from}${layout} in ${formatTime(timeMs)} (${rate}/s)`,
  ];
  const { streaming } = memoryReport(artifact);
  if (streaming !== undefined) {
    const { streamed, groups } = streaming;
    lines.push(
      `  for each run: ${formatBytes(streamed)} more in ${groups} groups, through two slots`,
    );
  }
  if (source.kind === "checkpoint" && initialised.length > 0)
    lines.push(`  initialised: ${some(initialised)}`);
  lines.push(...quantizedLines(report));
  if (resampled.length > 0) lines.push(`  resampled: ${some(resampled)}`);
  if (unused.length > 0) lines.push(`  unused tensors: ${some(unused)}`);
  if (ignored.length > 0) lines.push(`  ignored by the layout: ${some(ignored)}`);
  return `${lines.join("\n")}\n`;
}

function quantizedLines({ quantized }: WeightReport): readonly string[] {
  if (quantized.length === 0) return [];
  const { storage, bytes, bytesBefore, error, worst } = quantizedTotal(quantized);
  const percent = (share: number): string => `${(share * 100).toPrecision(2)} %`;
  const saved = `${formatBytes(bytes)} instead of ${formatBytes(bytesBefore)}`;
  const most = `at most ${percent(worst.error)}, ${worst.path}`;
  return [
    `  quantised: ${quantized.length} weights to ${storage}, ${saved}; relative error ${percent(error)} (${most})`,
  ];
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(", ");
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}
