import type { Artifact, StepSpec } from "../../compiler/artifact.ts";
import { fault } from "../faults.ts";
import { InternalError } from "../internal-error.ts";
import type { Tensor } from "../tensor.ts";
import type { Executable, ExecutableOptions, Immediates } from "./executable.ts";
import {
  encodeCopies,
  feedInputs,
  fitInputs,
  type InputCopy,
  type StepInputs,
} from "./feed-inputs.ts";
import { findNonFinite } from "./guard.ts";
import { runPoisoned } from "./poison.ts";
import { Readback } from "./readback.ts";
import { decodeTensor } from "./storage.ts";

/** What a step is called with, beside its inputs. */
export interface StepOptions {
  /** The numbers given anew for every run, such as `seed`. */
  readonly immediates?: Immediates;
  /** Outputs to read back by name, all if not given; the others stay on the device. */
  readonly read?: readonly string[];
  /** Look at each result of this call and of those with it, as the option of the session does for all calls. */
  readonly guard?: boolean | undefined;
  /** Commands that go behind the step, in its submit: copies of outputs to where they are read later. */
  readonly encode?: ((encoder: GPUCommandEncoder) => void) | undefined;
}

export interface StepCall extends StepOptions {
  /** By name, or by its number where one name stands for several sizes. */
  readonly step: string | number;
  readonly inputs: StepInputs;
}

/** A step with what reads its outputs back. */
interface PreparedStep {
  readonly spec: StepSpec;
  readonly readback: Readback;
}

interface StepsOptions extends ExecutableOptions {
  readonly guard?: boolean | undefined;
  readonly poison?: boolean | undefined;
}

/** The steps of a mode on a device, each compiled and bound when it is first needed. */
export class Steps {
  readonly #artifact: Artifact;
  readonly #executable: Executable;
  readonly #options: StepsOptions;
  readonly #prepared = new Map<StepSpec, PreparedStep>();

  constructor(artifact: Artifact, executable: Executable, options: StepsOptions) {
    this.#artifact = artifact;
    this.#executable = executable;
    this.#options = options;
  }

  /** Calls steps one after the other in one submit, and reads back what is asked for. */
  async run(calls: readonly StepCall[]): Promise<readonly Record<string, Tensor>[]> {
    const executable = this.#executable;
    const jobs: Job[] = [];
    for (const { step, inputs, immediates = {}, read, encode } of calls) {
      const prepared = await this.prepare(this.stepOf(step, inputs));
      const { outputs, inputs: specs } = prepared.spec;
      const slots = outputs.flatMap(({ name }, slot) =>
        read === undefined || read.includes(name) ? [slot] : [],
      );
      const copies = feedInputs(executable, specs, inputs);
      const isRepeated = jobs.some((job) => job.prepared === prepared);
      if (isRepeated && (copies.length < specs.length || slots.length > 0))
        throw new InternalError(
          `${prepared.spec.name} stands twice and is not fed on the device alone`,
        );
      jobs.push({ prepared, immediates, copies, slots, encode });
    }
    const { guard = false, poison = false } = this.#options;
    const isGuarded = guard || calls.some((call) => call.guard === true);
    const runsApart = isGuarded || poison || executable.streamed !== undefined;
    if (runsApart) for (const job of jobs) await this.#runApart(job, isGuarded);
    const { device } = executable;
    await device.attempt("running the program", () => {
      const encoder = device.gpu.createCommandEncoder();
      for (const { prepared, immediates, copies, slots, encode } of jobs) {
        if (!runsApart) {
          encodeCopies(copies, executable, encoder);
          executable.encode(encoder, immediates, prepared.spec.from, prepared.spec.to);
        }
        prepared.readback.encode(encoder, slots);
        encode?.(encoder);
      }
      device.gpu.queue.submit([encoder.finish()]);
    });
    const results: Record<string, Tensor>[] = [];
    for (const { prepared, slots } of jobs) results.push(await this.readOutputs(prepared, slots));
    return results;
  }

  /** In more than one submit: weights come between them, or each result is looked at. */
  async #runApart(
    { prepared: { spec }, immediates, copies }: Job,
    isGuarded: boolean,
  ): Promise<void> {
    const executable = this.#executable;
    const { device } = executable;
    const encoder = device.gpu.createCommandEncoder();
    encodeCopies(copies, executable, encoder);
    device.gpu.queue.submit([encoder.finish()]);
    // One or the other runs the step: a second time would store to its states again.
    if (isGuarded) await findNonFinite(this.#artifact, spec, executable, immediates);
    else if (this.#options.poison === true) await runPoisoned(spec, executable, immediates);
    else await executable.streamed?.run(immediates, spec);
  }

  /** Prepares the step and gives it its inputs. */
  async feed(step: string | number | undefined, inputs: StepInputs): Promise<PreparedStep> {
    const prepared = await this.prepare(this.stepOf(step ?? this.onlyStep(), inputs));
    const copies = feedInputs(this.#executable, prepared.spec.inputs, inputs);
    const { gpu } = this.#executable.device;
    const encoder = gpu.createCommandEncoder();
    encodeCopies(copies, this.#executable, encoder);
    gpu.queue.submit([encoder.finish()]);
    return prepared;
  }

  /** Compiles, binds and allocates what a step needs, once. */
  async prepare(spec: StepSpec): Promise<PreparedStep> {
    const known = this.#prepared.get(spec);
    if (known !== undefined) return known;
    await this.#executable.prepare(spec, this.#options);
    const tensors = spec.outputs.map(({ tensor }) => tensor);
    const prepared = { spec, readback: await Readback.create(this.#executable, tensors) };
    this.#prepared.set(spec, prepared);
    return prepared;
  }

  /** The step of a mode that has no more. */
  onlyStep(): number {
    const { steps, mode } = this.#artifact;
    if (steps.length === 1) return 0;
    throw fault("steps-only", { mode, known: this.#stepNames() });
  }

  /** Of several sizes of one step the one that the inputs fit. */
  stepOf(step: string | number, inputs: StepInputs): StepSpec {
    const { steps } = this.#artifact;
    const named = steps.filter(({ name }, number) => step === name || step === number);
    const spec = named.find((one) => fitInputs(one.inputs, inputs)) ?? named[0];
    if (spec !== undefined) return spec;
    throw fault("step-unknown", { name: String(step), known: this.#stepNames() });
  }

  #stepNames(): readonly string[] {
    return [...new Set(this.#artifact.steps.map(({ name }) => name))];
  }

  /** After the submit that copied them. */
  async readOutputs(
    { spec: { outputs }, readback }: PreparedStep,
    slots: readonly number[] = [...outputs.keys()],
  ): Promise<Record<string, Tensor>> {
    if (slots.length === 0) return {};
    const tensors = await readback.read((bytes, slot) => {
      const output = outputs[slot];
      if (output === undefined) throw new InternalError(`there is no output ${slot}`);
      const shape = output.shape.map((dimension) => dimension.size);
      return decodeTensor(bytes, this.#executable.tensor(output.tensor), output.element, shape);
    }, slots);
    return Object.fromEntries(
      slots.map((slot, place) => [outputs[slot]?.name ?? "", tensors[place] as Tensor]),
    );
  }

  dispose(): void {
    for (const { readback } of this.#prepared.values()) readback.dispose();
  }
}

/** A call that is ready to be encoded. */
interface Job {
  readonly prepared: PreparedStep;
  readonly immediates: Immediates;
  readonly copies: readonly InputCopy[];
  /** Outputs that are read back. */
  readonly slots: readonly number[];
  readonly encode: StepOptions["encode"];
}
