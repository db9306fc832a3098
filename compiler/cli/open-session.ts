import type { Device } from "../../runtime/device/device.ts";
import type { SpanSink } from "../../runtime/execute/span.ts";
import { Session } from "../../runtime/session.ts";
import type { TokenizerSource } from "../../runtime/text/load-tokenizer.ts";
import { parseWeightSource, type WeightSource } from "../../runtime/weights/weight-source.ts";
import type { Assignment } from "../api/assignment.ts";
import { compileCached } from "../api/compile-cached.ts";
import { CompileError } from "../api/compile-error.ts";
import type { CompileOptions } from "../api/compile-options.ts";
import { sizesOfInputs } from "../api/generate/sizes-of-inputs.ts";
import type { PlanCache } from "../api/load/plan-cache.ts";
import { tunedProfile } from "../api/load/tuned-profile.ts";
import { formatBytes } from "../api/text/format-quantity.ts";
import type { Artifact } from "../artifact.ts";
import type { Host } from "./host.ts";
import type { FoundMode } from "./options/find-mode.ts";
import { compileOptions, type ModeOptions } from "./options/mode-options.ts";
import { printDiagnostics } from "./report/print-failure.ts";
import { startProgress } from "./report/progress.ts";
import { watchCompiler } from "./report/watch-compiler.ts";
import { weightText } from "./report/weight-text.ts";

export interface SessionRequest {
  readonly file: string;
  readonly chosen: FoundMode;
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
    /** In the place of what `--weights` says: the checkpoint of a run that goes on. */
    readonly source?: WeightSource;
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
  let waiting: NodeJS.Timeout | undefined;
  const source = request.source ?? parseWeightSource(options.weights ?? "random:0");
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
      if (doneBytes < totalBytes) return;
      stages.weights.finish();
      // What now takes long is the driver.
      waiting ??= setTimeout(() => host.say("the driver compiles the kernels ...\n"), 1000);
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
    clearTimeout(waiting);
  });
  host.say(weightText(session.weights, artifact, device.isSoftware));
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
  const progress = watchCompiler(host, `${options.model}.${options.mode}`);
  const { artifact, diagnostics } = await compileCached(
    options,
    tunedProfile(request.device, request.options.tuned),
    { ...request, examined: request.chosen.examined, watch: progress.watch },
  ).finally(progress.finish);
  if (artifact === undefined) throw new CompileError(diagnostics);
  if (diagnostics.length > 0) printDiagnostics(diagnostics, host);
  return artifact;
}
