import type { Artifact, InputSpec } from "../compiler/artifact.ts";
import type { Device } from "./device/device.ts";
import { Executable, type Immediates } from "./execute/executable.ts";
import { findNonFinite } from "./execute/guard.ts";
import { runPoisoned } from "./execute/poison.ts";
import { type Profile, profileExecutable } from "./execute/profile.ts";
import { Readback } from "./execute/readback.ts";
import { type SpanSink, spanned } from "./execute/span.ts";
import { decodeTensor, encodeTensor } from "./execute/storage.ts";
import { type RunTimeline, traceRun } from "./execute/trace-run.ts";
import { fault } from "./faults.ts";
import type { Tensor } from "./tensor.ts";
import { elementCount, fitsShape, shapeText } from "./tensor.ts";
import { loadWeights, type WeightProgress, type WeightReport } from "./weights/load-weights.ts";
import { parseWeightSource, type WeightSource } from "./weights/weight-source.ts";

export interface SessionOptions {
  /** After each compiled pipeline. */
  readonly onPipeline?: (done: number, total: number, kernel: string) => void;
  /** While parameters are loaded. */
  readonly onWeights?: (progress: WeightProgress) => void;
  /**
   * Look for NaN and infinity in weights, inputs and the result of every kernel. Each run then ends with a
   * fault that names the first place, and is much slower.
   */
  readonly guard?: boolean;
  /** Fill what the plan holds for dead with NaN while running: proves plans in tests. */
  readonly poison?: boolean;
  /** Told of every piece of work in `create` when it has ended, for traces. */
  readonly onSpan?: SpanSink;
}

/** One mode of one model on one device. Everything is made at the start; a run allocates nothing on the device. */
export class Session {
  readonly artifact: Artifact;
  /** What the parameters were filled with. */
  readonly weights: WeightReport;
  readonly #executable: Executable;
  readonly #readback: Readback;
  readonly #isGuarded: boolean;
  readonly #isPoisoned: boolean;
  /** Runs of one session share its buffers, so they stand in line. */
  #line: Promise<unknown> = Promise.resolve();
  #isDisposed = false;

  private constructor(
    artifact: Artifact,
    weights: WeightReport,
    executable: Executable,
    readback: Readback,
    { guard = false, poison = false }: SessionOptions,
  ) {
    this.artifact = artifact;
    this.weights = weights;
    this.#executable = executable;
    this.#readback = readback;
    this.#isGuarded = guard;
    this.#isPoisoned = poison;
  }

  /**
   * Compiles the pipelines, makes the buffers and fills the parameters. Without `weights` they come from
   * the module's initialisers with seed 0.
   */
  static async create(
    artifact: Artifact,
    device: Device,
    weights: WeightSource | string = "random:0",
    options: SessionOptions = {},
  ): Promise<Session> {
    const source = typeof weights === "string" ? parseWeightSource(weights) : weights;
    const executable = await Executable.create(artifact.program, device, options);
    try {
      // Drivers of hardware have compiled all with the pipelines.
      if (device.isSoftware) executable.warmUp();
      const report = await spanned(options.onSpan, "weights", "weights", () =>
        loadWeights(artifact, executable, source, options.onWeights),
      );
      const readback = await Readback.create(
        executable,
        artifact.outputs.map((output) => output.tensor),
      );
      return new Session(artifact, report, executable, readback, options);
    } catch (error) {
      executable.dispose();
      throw error;
    }
  }

  /** Runs the mode once. `immediates` are the numbers given anew for every run, such as `seed`. */
  run(
    inputs: Readonly<Record<string, Tensor>>,
    immediates: Immediates = {},
  ): Promise<Record<string, Tensor>> {
    return this.#inLine(async () => {
      this.#writeInputs(inputs);
      if (this.#isGuarded) await findNonFinite(this.artifact, this.#executable, immediates);
      if (this.#isPoisoned) await runPoisoned(this.#executable, immediates);
      const { device } = this.#executable;
      await device.attempt("running the program", () => {
        const encoder = device.gpu.createCommandEncoder();
        if (!this.#isGuarded && !this.#isPoisoned) this.#executable.encode(encoder, immediates);
        this.#readback.encode(encoder);
        device.gpu.queue.submit([encoder.finish()]);
      });
      return this.#readOutputs();
    });
  }

  /** Runs once as `run` does, but with a pass for every dispatch, and says when each of them was at work. */
  trace(
    inputs: Readonly<Record<string, Tensor>>,
    immediates: Immediates = {},
  ): Promise<{ readonly outputs: Record<string, Tensor>; readonly timeline: RunTimeline }> {
    return this.#inLine(async () => {
      this.#writeInputs(inputs);
      const { device } = this.#executable;
      const timeline = await traceRun(this.#executable, immediates);
      await device.attempt("reading the results", () => {
        const encoder = device.gpu.createCommandEncoder();
        this.#readback.encode(encoder);
        device.gpu.queue.submit([encoder.finish()]);
      });
      return { outputs: await this.#readOutputs(), timeline };
    });
  }

  /** Times every dispatch on the given inputs: the median of `runs` runs. */
  profile(
    inputs: Readonly<Record<string, Tensor>>,
    options: { runs?: number; immediates?: Immediates } = {},
  ): Promise<Profile> {
    return this.#inLine(() => {
      this.#writeInputs(inputs);
      return profileExecutable(this.#executable, options.runs ?? 5, options.immediates ?? {});
    });
  }

  /** Frees the session's memory on the device. The device itself stays open. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#readback.dispose();
    this.#executable.dispose();
  }

  #inLine<T>(action: () => Promise<T>): Promise<T> {
    if (this.#isDisposed) return Promise.reject(new Error("the session was disposed"));
    const turn = this.#line.then(action, action);
    this.#line = turn.catch(() => undefined);
    return turn;
  }

  async #readOutputs(): Promise<Record<string, Tensor>> {
    const { outputs } = this.artifact;
    const tensors = await this.#readback.read((bytes, slot) => {
      const output = outputs[slot];
      if (output === undefined) throw new Error(`there is no output ${slot}`);
      const shape = output.shape.map((dimension) => dimension.size);
      return decodeTensor(bytes, this.#executable.tensor(output.tensor), output.element, shape);
    });
    return Object.fromEntries(
      outputs.map((output, slot) => [output.name, tensors[slot] as Tensor]),
    );
  }

  #writeInputs(inputs: Readonly<Record<string, Tensor>>): void {
    const specs = this.artifact.inputs;
    for (const name of Object.keys(inputs)) {
      if (!specs.some((spec) => spec.name === name))
        throw fault("input-unknown", { name, known: specs.map((spec) => spec.name) });
    }
    for (const spec of specs) {
      const tensor = inputs[spec.name];
      if (tensor === undefined)
        throw fault("input-missing", { name: spec.name, shape: shapeText(spec.shape) });
      assertFits(tensor, spec);
      this.#executable.write(
        spec.tensor,
        encodeTensor(tensor, this.#executable.tensor(spec.tensor).storage),
      );
    }
  }
}

function assertFits(tensor: Tensor, spec: InputSpec): void {
  const needed = spec.shape.map((dimension) => dimension.size);
  if (!fitsShape(tensor.shape, needed) || tensor.data.length !== elementCount(needed)) {
    throw fault("wrong-shape", {
      name: spec.name,
      found: tensor.shape,
      needed: shapeText(spec.shape),
    });
  }
  const isReal = (element: string) => element === "f32";
  if (isReal(tensor.element) !== isReal(spec.element)) {
    throw fault("wrong-element", { name: spec.name, found: tensor.element, needed: spec.element });
  }
}
