import type { Dispatch, KernelSpec, Program, TensorSpec } from "../../compiler/artifact.ts";
import type { Device } from "../device/device.ts";
import { InternalError } from "../internal-error.ts";
import { fillConstants } from "../stored/fill-constants.ts";
import { createBuffers, roundUp, smallestBinding } from "./create-buffers.ts";
import { type Pipeline, PipelineCache } from "./pipeline-cache.ts";
import { type SpanSink, spanned } from "./span.ts";

/** Values of the kernels' immediates by name, new for every run. */
export type Immediates = Readonly<Record<string, number>>;

export interface ExecutableOptions {
  /** Called after each of the `total` pipelines. */
  readonly onPipeline?: ((done: number, total: number, kernel: string) => void) | undefined;
  /** Told of every piece of work when it has ended. */
  readonly onSpan?: SpanSink | undefined;
}

/** Dispatches `from` to `to` (exclusive): a step of the mode, or all of them. */
export interface DispatchRange {
  readonly from: number;
  readonly to: number;
}

/** Weights that are brought to the device while the program runs, for programs whose plan has slots. */
export interface SegmentWeights {
  /** The range cut where other weights are wanted. */
  segmentsIn(range: DispatchRange): readonly DispatchRange[];
  /** What is submitted after this finds the weights of this dispatch; all before must be submitted. */
  arrive(index: number): Promise<void>;
  /** Runs a range while the weights of later segments are on their way. */
  run(immediates: Immediates, range: DispatchRange): Promise<void>;
  dispose(): void;
}

/** A dispatch with what it is encoded from. */
interface BoundDispatch {
  readonly dispatch: Dispatch;
  readonly kernel: KernelSpec;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/**
 * A program on a device: its buffers as the plan says, its pipelines and its bind groups, each made once.
 * Running it only encodes; nothing is allocated.
 */
export class Executable {
  readonly program: Program;
  readonly device: Device;
  readonly #buffers: readonly GPUBuffer[];
  readonly #bound: (BoundDispatch | undefined)[];
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  #streamed: SegmentWeights | undefined;

  private constructor(program: Program, device: Device, buffers: readonly GPUBuffer[]) {
    this.program = program;
    this.device = device;
    this.#buffers = buffers;
    this.#bound = program.dispatches.map(() => undefined);
  }

  /** Makes the buffers, fills those of constants, and makes what the dispatches of `ranges` need; the others wait for `prepare`. */
  static async create(
    program: Program,
    device: Device,
    options: ExecutableOptions = {},
    ranges: readonly DispatchRange[] = [{ from: 0, to: program.dispatches.length }],
  ): Promise<Executable> {
    // A text that the device refuses is told of before memory is asked for.
    const pipelines: (readonly Pipeline[])[] = [];
    for (const range of ranges) pipelines.push(await pipelinesOf(program, device, range, options));
    const buffers = await spanned(options.onSpan, "pipelines", "buffers", () =>
      createBuffers(program, device),
    );
    const executable = new Executable(program, device, buffers);
    try {
      await fillConstants(executable);
      for (const [n, range] of ranges.entries()) await executable.#bind(range, pipelines[n] ?? []);
      return executable;
    } catch (error) {
      executable.dispose();
      throw error;
    }
  }

  /** Compiles and binds what a range needs and has not got yet. */
  async prepare(range: DispatchRange, options: ExecutableOptions = {}): Promise<void> {
    if (this.isPrepared(range)) return;
    await this.#bind(range, await pipelinesOf(this.program, this.device, range, options));
  }

  isPrepared({ from, to }: DispatchRange): boolean {
    return !this.#bound.slice(from, to).includes(undefined);
  }

  /** `pipelines` by dispatch, from the first of the range on. */
  async #bind({ from, to }: DispatchRange, pipelines: readonly Pipeline[]): Promise<void> {
    await this.device.attempt("binding the tensors of the kernels", () => {
      for (let index = from; index < to; index++)
        this.#bound[index] ??= this.#bindOne(index, entry(pipelines, index - from, "pipeline"));
    });
  }

  get dispatchCount(): number {
    return this.#bound.length;
  }

  /** Set where not all weights stay on the device. */
  get streamed(): SegmentWeights | undefined {
    return this.#streamed;
  }

  /** From now on the executable owns them. */
  attach(streamed: SegmentWeights): void {
    this.#streamed = streamed;
  }

  /** The range cut where weights have to `arrive` before it can go on. */
  segmentsIn(range: DispatchRange): readonly DispatchRange[] {
    return this.#streamed?.segmentsIn(range) ?? [range];
  }

  /** Weights that this dispatch reads are there for what is submitted from now on. */
  async arrive(index: number): Promise<void> {
    await this.#streamed?.arrive(index);
  }

  tensor(index: number): TensorSpec {
    return entry(this.program.tensors, index, "tensor");
  }

  bufferOf(tensor: TensorSpec): GPUBuffer {
    return this.buffer(tensor.buffer);
  }

  buffer(index: number): GPUBuffer {
    return entry(this.#buffers, index, "buffer");
  }

  /** Encodes dispatches `from` to `to` (exclusive) into one pass. */
  encode(
    encoder: GPUCommandEncoder,
    immediates: Immediates,
    from = 0,
    to = this.#bound.length,
    timing?: GPUComputePassTimestampWrites,
  ): void {
    const pass = encoder.beginComputePass(timing === undefined ? {} : { timestampWrites: timing });
    let current: GPUComputePipeline | undefined;
    for (let index = from; index < to; index++) {
      const step = this.#prepared(index);
      if (step.pipeline !== current) {
        pass.setPipeline(step.pipeline);
        current = step.pipeline;
        if (step.kernel.immediates.length > 0)
          pass.setImmediates(0, immediateBytes(step.kernel, immediates));
      }
      pass.setBindGroup(0, step.bindGroup);
      pass.dispatchWorkgroups(...step.dispatch.workgroups);
    }
    pass.end();
  }

  /**
   * Runs one workgroup of every kernel and waits for nothing. Software drivers compile a kernel at its
   * first dispatch; begun here, that goes on while weights are read. On buffers that are still all zeros
   * it computes nothing of use, and every run writes all that it reads. States are filled after this.
   */
  warmUp(range: DispatchRange = { from: 0, to: this.dispatchCount }): void {
    const encoder = this.device.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    const seen = new Set<GPUComputePipeline>();
    for (let index = range.from; index < range.to; index++) {
      const { pipeline, bindGroup, kernel, dispatch } = this.#prepared(index);
      if (seen.has(pipeline) || dispatch.workgroups.includes(0)) continue;
      seen.add(pipeline);
      pass.setPipeline(pipeline);
      const words = kernel.immediates.length;
      if (words > 0) pass.setImmediates(0, new ArrayBuffer(words * 4));
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(1);
    }
    pass.end();
    this.device.gpu.queue.submit([encoder.finish()]);
  }

  /** Puts bytes of whole words at the start of a tensor. */
  write(index: number, bytes: Uint8Array): void {
    const tensor = this.tensor(index);
    this.device.gpu.queue.writeBuffer(
      this.bufferOf(tensor),
      tensor.offset,
      bytes as Uint8Array<ArrayBuffer>,
    );
  }

  /** Bytes of a tensor that a copy moves: its elements, filled up to whole words. */
  copySize(tensor: TensorSpec): number {
    return Math.ceil(tensor.bytes / 4) * 4;
  }

  #prepared(index: number): BoundDispatch {
    const bound = this.#bound[index];
    if (bound === undefined)
      throw new InternalError(`dispatch ${index} is encoded before it is prepared`);
    return bound;
  }

  #bindOne(index: number, { pipeline, bindings }: Pipeline): BoundDispatch {
    const dispatch = entry(this.program.dispatches, index, "dispatch");
    const kernel = entry(this.program.kernels, dispatch.kernel, "kernel");
    const { tensors, shifts = [] } = dispatch;
    const key = `${kernel.bindings.map((binding) => binding.access).join()}:${tensors.join()}:${shifts.join()}`;
    const bindGroup =
      this.#bindGroups.get(key) ??
      this.device.gpu.createBindGroup({
        label: dispatch.label,
        layout: bindings,
        entries: tensors.map((tensor, binding) => ({
          binding,
          resource: this.#bindingOf(this.tensor(tensor), shifts[binding] ?? 0),
        })),
      });
    this.#bindGroups.set(key, bindGroup);
    return { dispatch, kernel, pipeline, bindGroup };
  }

  #bindingOf(tensor: TensorSpec, shift: number): GPUBufferBinding {
    const buffer = this.bufferOf(tensor);
    const offset = tensor.offset + shift;
    const wanted = roundUp(Math.max(tensor.bytes - shift, 1), smallestBinding);
    return { buffer, offset, size: Math.min(wanted, buffer.size - offset) };
  }

  dispose(): void {
    this.#streamed?.dispose();
    for (const buffer of this.#buffers) buffer.destroy();
  }
}

/** The pipeline of every dispatch of a range; each is compiled once. */
async function pipelinesOf(
  program: Program,
  device: Device,
  { from, to }: DispatchRange,
  options: ExecutableOptions,
): Promise<readonly Pipeline[]> {
  return spanned(options.onSpan, "pipelines", "pipelines", async () => {
    const cache = PipelineCache.of(device);
    const dispatches = program.dispatches.slice(from, to);
    const used = [...new Set(dispatches.map(({ kernel }) => kernel))];
    let done = 0;
    const compiled = await Promise.all(
      used.map(async (index) => {
        const kernel = entry(program.kernels, index, "kernel");
        const users = dispatches.filter((dispatch) => dispatch.kernel === index);
        const pipeline = await spanned(options.onSpan, "pipeline", kernel.name, () =>
          cache.get(kernel, users),
        );
        done += 1;
        options.onPipeline?.(done, used.length, kernel.name);
        return pipeline;
      }),
    );
    return dispatches.map(({ kernel }) => entry(compiled, used.indexOf(kernel), "pipeline"));
  });
}

function immediateBytes(kernel: KernelSpec, immediates: Immediates): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(kernel.immediates.length * 4));
  kernel.immediates.forEach(({ name, type }, index) => {
    // What nobody gives is 0, as the operation says.
    const value = immediates[name] ?? 0;
    if (type === "f32") view.setFloat32(index * 4, value, true);
    else view.setUint32(index * 4, value >>> 0, true);
  });
  return view.buffer;
}

function entry<T>(list: readonly T[], index: number, what: string): T {
  const found = list[index];
  if (found === undefined)
    throw new InternalError(`the artifact names ${what} ${index} of ${list.length}`);
  return found;
}
