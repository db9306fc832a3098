import { totalmem } from "node:os";
import type { Dispatch, KernelSpec, Program, TensorSpec } from "../../compiler/artifact.ts";
import type { Device } from "../device/device.ts";
import { bufferUsage } from "../device/gpu-constants.ts";
import { fault } from "../faults.ts";
import { type Pipeline, PipelineCache } from "./pipeline-cache.ts";
import { type SpanSink, spanned } from "./span.ts";

/** Values of the kernels' immediates by name, new for every run. */
export type Immediates = Readonly<Record<string, number>>;

export interface ExecutableOptions {
  /** Called after each of the `total` pipelines. */
  readonly onPipeline?: (done: number, total: number, kernel: string) => void;
  /** Told of every piece of work when it has ended. */
  readonly onSpan?: SpanSink;
}

interface Step {
  readonly dispatch: Dispatch;
  readonly kernel: KernelSpec;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
}

/**
 * A program on a device: its buffers as the plan says, its pipelines and its bind groups, all made once.
 * Running it only encodes; nothing is allocated.
 */
export class Executable {
  readonly program: Program;
  readonly device: Device;
  readonly #buffers: readonly GPUBuffer[];
  readonly #steps: readonly Step[];

  private constructor(
    program: Program,
    device: Device,
    buffers: readonly GPUBuffer[],
    steps: readonly Step[],
  ) {
    this.program = program;
    this.device = device;
    this.#buffers = buffers;
    this.#steps = steps;
  }

  static async create(
    program: Program,
    device: Device,
    options: ExecutableOptions = {},
  ): Promise<Executable> {
    const { onSpan } = options;
    const pipelines = await spanned(onSpan, "pipelines", "pipelines", () =>
      createPipelines(program, device, options),
    );
    const buffers = await spanned(onSpan, "pipelines", "buffers", () =>
      createBuffers(program, device),
    );
    try {
      const bindGroups = new Map<string, GPUBindGroup>();
      const steps = await device.attempt("binding the tensors of the kernels", () =>
        program.dispatches.map((dispatch) =>
          createStep(dispatch, program, device, buffers, pipelines, bindGroups),
        ),
      );
      return new Executable(program, device, buffers, steps);
    } catch (error) {
      for (const buffer of buffers) buffer.destroy();
      throw error;
    }
  }

  get dispatchCount(): number {
    return this.#steps.length;
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
    to = this.#steps.length,
    timing?: GPUComputePassTimestampWrites,
  ): void {
    const pass = encoder.beginComputePass(timing === undefined ? {} : { timestampWrites: timing });
    let current: GPUComputePipeline | undefined;
    for (let index = from; index < to; index++) {
      const step = entry(this.#steps, index, "dispatch");
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
   * it computes nothing of use, and every run writes all that it reads.
   */
  warmUp(): void {
    const encoder = this.device.gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    const seen = new Set<GPUComputePipeline>();
    for (const { pipeline, bindGroup, kernel, dispatch } of this.#steps) {
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

  dispose(): void {
    for (const buffer of this.#buffers) buffer.destroy();
  }
}

async function createPipelines(
  program: Program,
  device: Device,
  options: ExecutableOptions,
): Promise<Pipeline[]> {
  const cache = PipelineCache.of(device);
  let done = 0;
  return Promise.all(
    program.kernels.map(async (kernel, index) => {
      const users = program.dispatches.filter((dispatch) => dispatch.kernel === index);
      const pipeline = await spanned(options.onSpan, "pipeline", kernel.name, () =>
        cache.get(kernel, users),
      );
      done += 1;
      options.onPipeline?.(done, program.kernels.length, kernel.name);
      return pipeline;
    }),
  );
}

async function createBuffers(program: Program, device: Device): Promise<GPUBuffer[]> {
  const limit = device.gpu.limits.maxBufferSize;
  const tooLarge = program.buffers.find((buffer) => buffer.bytes > limit);
  if (tooLarge !== undefined) {
    throw fault("buffer-too-large", {
      buffer: tooLarge.name,
      bytes: tooLarge.bytes,
      limit,
      device: device.name,
    });
  }
  assertMemory(program, device);
  const usage = bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyTarget;
  const buffers: GPUBuffer[] = [];
  try {
    for (const { name, role, bytes } of program.buffers) {
      const size = Math.max(smallestBinding, roundUp(bytes, smallestBinding));
      const during = `allocating ${bytes} bytes for \`${name}\` (${role})`;
      buffers.push(
        await device.attempt(during, () => device.gpu.createBuffer({ label: name, size, usage })),
      );
    }
  } catch (error) {
    for (const buffer of buffers) buffer.destroy();
    throw error;
  }
  return buffers;
}

/**
 * Software adapters take what they are asked for and hand it out when it is touched: the system would end
 * the process without a word. So what cannot fit is refused before.
 */
function assertMemory(program: Program, device: Device): void {
  if (!device.isSoftware) return;
  const bytes = program.buffers.reduce((total, buffer) => total + buffer.bytes, 0);
  // 0 or an absurd number stands for "no limit".
  const limit = process.constrainedMemory?.() || Number.POSITIVE_INFINITY;
  const memory = Math.min(limit, totalmem());
  if (bytes > memory) {
    const during = `the program needs ${gibibytes(bytes)} and this machine has ${gibibytes(memory)} for a software device`;
    throw fault("out-of-memory", { during });
  }
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** A kernel may see its tensor as vec4s, so every binding holds at least one. */
const smallestBinding = 16;

function createStep(
  dispatch: Dispatch,
  program: Program,
  device: Device,
  buffers: readonly GPUBuffer[],
  pipelines: readonly Pipeline[],
  bindGroups: Map<string, GPUBindGroup>,
): Step {
  const kernel = entry(program.kernels, dispatch.kernel, "kernel");
  const { pipeline, bindings } = entry(pipelines, dispatch.kernel, "pipeline");
  const key = `${kernel.bindings.map((binding) => binding.access).join()}:${dispatch.tensors.join()}`;
  let bindGroup = bindGroups.get(key);
  if (bindGroup === undefined) {
    bindGroup = device.gpu.createBindGroup({
      label: dispatch.label,
      layout: bindings,
      entries: dispatch.tensors.map((index, binding) => {
        const tensor = entry(program.tensors, index, "tensor");
        const buffer = entry(buffers, tensor.buffer, "buffer");
        const size = Math.min(
          roundUp(Math.max(tensor.bytes, 1), smallestBinding),
          buffer.size - tensor.offset,
        );
        return { binding, resource: { buffer, offset: tensor.offset, size } };
      }),
    });
    bindGroups.set(key, bindGroup);
  }
  return { dispatch, kernel, pipeline, bindGroup };
}

function immediateBytes(kernel: KernelSpec, immediates: Immediates): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(kernel.immediates.length * 4));
  kernel.immediates.forEach(({ name, type }, index) => {
    const value = immediates[name];
    if (value === undefined)
      throw new Error(`the kernel ${kernel.name} needs the immediate ${name}, which was not given`);
    if (type === "f32") view.setFloat32(index * 4, value, true);
    else view.setUint32(index * 4, value >>> 0, true);
  });
  return view.buffer;
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

function entry<T>(list: readonly T[], index: number, what: string): T {
  const found = list[index];
  if (found === undefined) throw new Error(`the artifact names ${what} ${index} of ${list.length}`);
  return found;
}
