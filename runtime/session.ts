import type { Artifact } from "../compiler/artifact.ts";
import type { Device } from "./device/device.ts";
import type { DeviceTensor } from "./execute/device-tensor.ts";
import { Executable, type Immediates } from "./execute/executable.ts";
import type { StepInputs } from "./execute/feed-inputs.ts";
import { type Profile, profileExecutable } from "./execute/profile.ts";
import { spanned } from "./execute/span.ts";
import { type StepCall, type StepOptions, Steps } from "./execute/steps.ts";
import { type RunTimeline, traceRun } from "./execute/trace-run.ts";
import { fault } from "./faults.ts";
import type { SessionOptions } from "./session-options.ts";
import { loadStored, type WeightReport } from "./stored/load-stored.ts";
import type { SavedTensor } from "./stored/save-stored.ts";
import { Stored } from "./stored/stored.ts";
import { WeightStream } from "./stored/weight-stream.ts";
import type { Tensor } from "./tensor.ts";
import { parseWeightSource, type WeightSource } from "./weights/weight-source.ts";

/**
 * One mode of one model on one device. A step that is prepared allocates nothing on the device when it
 * runs; a mode without steps is one step, prepared from the start.
 */
export class Session {
  readonly artifact: Artifact;
  /** What parameters, buffers and saved states were filled with. */
  readonly weights: WeightReport;
  readonly #executable: Executable;
  readonly #stored: Stored;
  readonly #steps: Steps;
  /** Runs of one session share its buffers, so they stand in line. */
  #line: Promise<unknown> = Promise.resolve();
  #isDisposed = false;

  private constructor(
    artifact: Artifact,
    weights: WeightReport,
    executable: Executable,
    stored: Stored,
    steps: Steps,
  ) {
    this.artifact = artifact;
    this.weights = weights;
    this.#executable = executable;
    this.#stored = stored;
    this.#steps = steps;
  }

  /**
   * Makes the buffers, fills what is stored, and compiles the pipelines of a mode without steps.
   * Those of steps are compiled by `prepare`, or when the step is first called. Without `weights` the
   * parameters come from the module's initialisers with seed 0.
   */
  static async create(
    artifact: Artifact,
    device: Device,
    weights: WeightSource | string = "random:0",
    options: SessionOptions = {},
  ): Promise<Session> {
    const source = typeof weights === "string" ? parseWeightSource(weights) : weights;
    const { program, steps } = artifact;
    const eager = steps.length === 1 ? steps : [];
    const executable = await Executable.create(program, device, options, eager);
    try {
      // Drivers of hardware have compiled all with the pipelines.
      if (device.isSoftware) for (const step of eager) executable.warmUp(step);
      const report = await spanned(options.onSpan, "weights", "weights", () =>
        loadStored(artifact, executable, source, options.onWeights),
      );
      const streamed = WeightStream.open(artifact, executable, source, options);
      if (streamed !== undefined) executable.attach(streamed);
      const stored = await Stored.create(executable, artifact, options);
      const runner = new Steps(artifact, executable, options);
      for (const step of eager) await runner.prepare(step);
      return new Session(artifact, report, executable, stored, runner);
    } catch (error) {
      executable.dispose();
      throw error;
    }
  }

  get device(): Device {
    return this.#executable.device;
  }

  /** Runs a mode without steps once. */
  run(
    inputs: Readonly<Record<string, Tensor>>,
    immediates: Immediates = {},
  ): Promise<Record<string, Tensor>> {
    return this.#inLine(async () => {
      const step = this.#steps.onlyStep();
      const [outputs] = await this.#steps.run([{ step, inputs, immediates }]);
      return outputs ?? {};
    });
  }

  /**
   * Calls one step, in one submit. An input may be a tensor that is on the device already, such as
   * `outputOf` gives. A name that stands for several sizes is the step that the inputs fit.
   */
  step(
    step: string | number,
    inputs: StepInputs,
    options: StepOptions = {},
  ): Promise<Record<string, Tensor>> {
    return this.#inLine(async () => {
      const [outputs] = await this.#steps.run([{ step, inputs, ...options }]);
      return outputs ?? {};
    });
  }

  /**
   * Calls steps one after the other in one submit: a token that the first leaves on the device may be an
   * input of the next. What the CPU gives and what is read back stands once for each step.
   */
  sequence(calls: readonly StepCall[]): Promise<readonly Record<string, Tensor>[]> {
    return this.#inLine(() => this.#steps.run(calls));
  }

  /** Compiles the pipelines of a step ahead of its first call. */
  prepare(step: string | number): Promise<void> {
    return this.#inLine(async () => {
      await this.#steps.prepare(this.#steps.stepOf(step, {}));
    });
  }

  /** An output where it lies on the device, as the last call of the step left it. */
  outputOf(step: string | number, name: string): DeviceTensor {
    const spec = this.#steps.stepOf(step, {});
    const output = spec.outputs.find((one) => one.name === name);
    if (output === undefined)
      throw fault("output-unknown", { name, known: spec.outputs.map((one) => one.name) });
    const { storage, offset, bytes, buffer } = this.#executable.tensor(output.tensor);
    const shape = output.shape.map(({ size }) => size);
    const { element } = output;
    return { element, shape, storage, buffer: this.#executable.buffer(buffer), offset, bytes };
  }

  /** Every state that is kept for a generation becomes what it was declared with: a new one begins. */
  resetStates(): Promise<void> {
    return this.#inLine(() => this.#stored.begin("generation"));
  }

  /** Fills what is saved from another source, on the buffers that are there. */
  async refill(source: WeightSource): Promise<void> {
    await this.#inLine(() => loadStored(this.artifact, this.#executable, source));
  }

  /**
   * Writes parameters, buffers and what else is saved to a `.safetensors` file, under their paths and with
   * the bits that the device has. Without a layout a session of the same mode reads it back.
   */
  save(path: string): Promise<void> {
    return this.#inLine(() => this.#stored.save(path));
  }

  /**
   * The bytes of a `.safetensors` file with these tensors, as they are when each is reached: nothing else may run
   * before the last.
   *
   * @throws {RuntimeFault} `not-saveable`, at once.
   */
  bytesOf(tensors: readonly SavedTensor[]): AsyncGenerator<Uint8Array> {
    return this.#stored.bytesOf(tensors);
  }

  /**
   * Reorders the free dimension of every state on the device: entry n becomes what `parents[n]` was, as
   * beams do. The session must have been created with `permutes`.
   */
  permuteStates(parents: readonly number[]): Promise<void> {
    const { device } = this.#executable;
    return this.#inLine(() =>
      device.attempt("reordering states", () => {
        const encoder = device.gpu.createCommandEncoder();
        this.#stored.permute(encoder, parents);
        device.gpu.queue.submit([encoder.finish()]);
      }),
    );
  }

  /** Runs once as `run` or `step` does, but with a pass for every dispatch, and says when each was at work. */
  trace(
    inputs: StepInputs,
    { step, immediates = {} }: MeasureOptions = {},
  ): Promise<{ readonly outputs: Record<string, Tensor>; readonly timeline: RunTimeline }> {
    return this.#inLine(async () => {
      const prepared = await this.#steps.feed(step, inputs);
      const { device } = this.#executable;
      const timeline = await traceRun(this.#executable, immediates, prepared.spec);
      await device.attempt("reading the results", () => {
        const encoder = device.gpu.createCommandEncoder();
        prepared.readback.encode(encoder);
        device.gpu.queue.submit([encoder.finish()]);
      });
      return { outputs: await this.#steps.readOutputs(prepared), timeline };
    });
  }

  /** Times every dispatch on the given inputs: the median of `runs` runs, which leave the states changed. */
  profile(
    inputs: StepInputs,
    { step, runs = 5, immediates = {} }: MeasureOptions & { readonly runs?: number } = {},
  ): Promise<Profile> {
    return this.#inLine(async () => {
      const { spec } = await this.#steps.feed(step, inputs);
      return profileExecutable(this.#executable, runs, immediates, spec);
    });
  }

  /** Frees the session's memory on the device. The device itself stays open. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#steps.dispose();
    this.#stored.dispose();
    this.#executable.dispose();
  }

  #inLine<T>(action: () => Promise<T>): Promise<T> {
    if (this.#isDisposed) return Promise.reject(fault("session-disposed", {}));
    const turn = this.#line.then(action, action);
    this.#line = turn.catch(() => undefined);
    return turn;
  }
}

interface MeasureOptions {
  /** Needed where the mode has several. */
  readonly step?: string | number;
  readonly immediates?: Immediates;
}
