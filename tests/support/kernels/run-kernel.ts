import { emitKernel } from "../../../compiler/6-emit/wgsl/emit-kernel.ts";
import type { Packing } from "../../../compiler/artifact.ts";
import type { KernelTensor } from "../../../compiler/ir/kernel/kernel-tensor.ts";
import { elementBytes, packedLength } from "../../../compiler/ir/kernel/tensor-address.ts";
import type { EmittedKernel, PackingOf, ScheduledKernel } from "../../../compiler/ir/schedule.ts";
import { waitFor } from "../../../runtime/device/wait.ts";
import { decodeNumbers, encodeInto } from "../../../runtime/execute/storage.ts";
import { brainBits, halfBits, wideBits } from "../../../runtime/numbers/half.ts";
import { type OpenGpu, readBuffer } from "../gpu.ts";

const guardBytes = 256;

/** A kernel on the device with its own buffers, ready to be run again and again. */
interface PreparedKernel {
  readonly emitted: EmittedKernel;
  readonly run: (times: number) => Promise<void>;
  /** Row-major elements of a tensor; throws where a byte behind it was written. */
  readonly read: (tensor: number) => Promise<Float64Array>;
  readonly dispose: () => void;
}

/**
 * Prints, compiles and binds a scheduled kernel. Tensors that it writes begin full of NaN, with a guard
 * band behind them. `rewrite` may change the text before it is compiled.
 */
export async function prepareKernel(
  gpu: OpenGpu,
  scheduled: ScheduledKernel,
  tensors: readonly KernelTensor[],
  given: ReadonlyMap<number, Float64Array>,
  immediates: Readonly<Record<string, number>> = {},
  rewrite: (emitted: EmittedKernel) => EmittedKernel = (emitted) => emitted,
): Promise<PreparedKernel> {
  const packings = new Map(scheduled.packings.map(({ tensor, packing }) => [tensor, packing]));
  const packingOf: PackingOf = (tensor) => packings.get(tensor);
  const emitted = rewrite(emitKernel(scheduled, tensors, packingOf, gpu.profile));
  const { device } = gpu;
  device.pushErrorScope("validation");
  const pipeline = device.createComputePipeline({
    layout: device.createPipelineLayout({
      bindGroupLayouts: [bindGroupLayout(gpu, emitted)],
      ...(emitted.immediates.length > 0 ? { immediateSize: 4 * emitted.immediates.length } : {}),
    }),
    compute: {
      module: device.createShaderModule({ code: emitted.wgsl }),
      entryPoint: emitted.entryPoint,
    },
  });
  const buffers = emitted.tensors.map((id) => {
    const tensor = tensorOf(tensors, id);
    const bytes = storedBytes(tensor, given.get(id), packingOf(id));
    const buffer = device.createBuffer({
      size: bytes.byteLength + guardBytes,
      usage: 0x80 | 0x4 | 0x8,
    });
    device.queue.writeBuffer(buffer, 0, bytes);
    device.queue.writeBuffer(buffer, bytes.byteLength, new Uint8Array(guardBytes).fill(guardByte));
    return { id, buffer, size: bytes.byteLength };
  });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map(({ buffer, size }, binding) => ({ binding, resource: { buffer, size } })),
  });
  const error = await waitFor(device.popErrorScope());
  if (error !== null) throw new Error(`${error.message}\n${emitted.wgsl}`);
  const run = async (times: number): Promise<void> => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    if (emitted.immediates.length > 0) setImmediates(pass, emitted, immediates);
    for (let n = 0; n < times; n++) pass.dispatchWorkgroups(...scheduled.workgroups);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await waitFor(device.queue.onSubmittedWorkDone());
  };
  const read = async (id: number): Promise<Float64Array> => {
    const found = buffers.find((entry) => entry.id === id);
    if (found === undefined) throw new Error(`the kernel has no tensor ${id}`);
    const bytes = await readBuffer(gpu, found.buffer);
    const guard = new Uint8Array(bytes, found.size);
    if (guard.some((byte) => byte !== guardByte))
      throw new Error(`bytes behind tensor ${id} were written`);
    const tensor = tensorOf(tensors, id);
    return elementsOf(tensor, bytes.slice(0, found.size)).slice(0, lengthOf(tensor));
  };
  const dispose = (): void => {
    for (const { buffer } of buffers) buffer.destroy();
  };
  return { emitted, run, read, dispose };
}

/** Does the text pass validation on this device? */
export async function validationErrorOf(
  gpu: OpenGpu,
  emitted: EmittedKernel,
): Promise<string | undefined> {
  const { device } = gpu;
  device.pushErrorScope("validation");
  device.createComputePipeline({
    layout: device.createPipelineLayout({
      bindGroupLayouts: [bindGroupLayout(gpu, emitted)],
      ...(emitted.immediates.length > 0 ? { immediateSize: 4 * emitted.immediates.length } : {}),
    }),
    compute: {
      module: device.createShaderModule({ code: emitted.wgsl }),
      entryPoint: emitted.entryPoint,
    },
  });
  const error = await waitFor(device.popErrorScope());
  return error === null ? undefined : `${error.message}\n${emitted.wgsl}`;
}

function bindGroupLayout(gpu: OpenGpu, emitted: EmittedKernel): GPUBindGroupLayout {
  return gpu.device.createBindGroupLayout({
    entries: emitted.bindings.map(({ access }, binding) => ({
      binding,
      visibility: 0x4,
      buffer: { type: access === "read" ? ("read-only-storage" as const) : ("storage" as const) },
    })),
  });
}

function setImmediates(
  pass: GPUComputePassEncoder,
  emitted: EmittedKernel,
  values: Readonly<Record<string, number>>,
): void {
  const view = new DataView(new ArrayBuffer(4 * emitted.immediates.length));
  emitted.immediates.forEach(({ name, type }, place) => {
    const value = values[name] ?? 0;
    if (type === "f32") view.setFloat32(4 * place, value, true);
    else if (type === "i32") view.setInt32(4 * place, value, true);
    else view.setUint32(4 * place, value, true);
  });
  const encoder = pass as GPUComputePassEncoder & {
    setImmediates(offset: number, bytes: ArrayBuffer): void;
  };
  encoder.setImmediates(0, view.buffer);
}

const guardByte = 0xa5;

function storedBytes(
  tensor: KernelTensor,
  elements: Float64Array | undefined,
  packing: Packing | undefined,
): ArrayBuffer {
  const length = packedLength(tensor, packing);
  const size = elementBytes[tensor.storage];
  const buffer = new ArrayBuffer(Math.max(4, Math.ceil((length * size) / 4) * 4));
  if (elements === undefined) {
    new Uint32Array(buffer).fill(0x7fff7fff);
    return buffer;
  }
  const ordered = packed(elements, packing);
  const single = new Float32Array(1);
  const bits = new Uint32Array(single.buffer);
  const bitsOf = (value: number): number => {
    single[0] = value;
    return bits[0] ?? 0;
  };
  if (tensor.storage === "f32") new Float32Array(buffer).set(ordered);
  else if (tensor.storage === "i32") new Int32Array(buffer).set(ordered);
  else if (tensor.storage === "u32") new Uint32Array(buffer).set(ordered);
  else if (tensor.storage === "i8" || tensor.storage === "i4")
    encodeInto(new Uint8Array(buffer), 0, Int32Array.from(ordered), tensor.storage);
  else {
    const narrow = tensor.storage === "f16" ? halfBits : brainBits;
    new Uint16Array(buffer).set(Array.from(ordered, (value) => narrow(bitsOf(value))));
  }
  return buffer;
}

function packed(elements: Float64Array, packing: Packing | undefined): Float64Array {
  if (packing?.kind === "transposed") return transposed(elements, packing);
  if (packing?.kind === "interleaved") return interleaved(elements, packing);
  return elements;
}

function interleaved(
  elements: Float64Array,
  { columns, lines, run }: Extract<Packing, { kind: "interleaved" }>,
): Float64Array {
  return elements.map((_, place) => {
    const block = Math.floor(place / (lines * columns));
    const turn = Math.floor(place / (lines * run)) % (columns / run);
    const line = Math.floor(place / run) % lines;
    return elements[(block * lines + line) * columns + turn * run + (place % run)] ?? 0;
  });
}

function transposed(
  elements: Float64Array,
  { rows, columns, stride }: Extract<Packing, { kind: "transposed" }>,
): Float64Array {
  const result = new Float64Array(columns * stride);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result[column * stride + row] = elements[row * columns + column] ?? 0;
    }
  }
  return result;
}

function elementsOf(tensor: KernelTensor, bytes: ArrayBuffer): Float64Array {
  switch (tensor.storage) {
    case "f32":
      return Float64Array.from(new Float32Array(bytes));
    case "i32":
      return Float64Array.from(new Int32Array(bytes));
    case "u32":
      return Float64Array.from(new Uint32Array(bytes));
    case "i8":
    case "i4":
      return Float64Array.from(
        decodeNumbers(new Uint8Array(bytes), tensor.storage, lengthOf(tensor)),
      );
    case "f16":
    case "bf16": {
      const wide = tensor.storage === "f16" ? wideBits : (half: number) => half << 16;
      const bits = Uint32Array.from(new Uint16Array(bytes), wide);
      return Float64Array.from(new Float32Array(bits.buffer));
    }
  }
}

function lengthOf(tensor: KernelTensor): number {
  return tensor.shape.reduce((product, extent) => product * extent, 1);
}

function tensorOf(tensors: readonly KernelTensor[], id: number): KernelTensor {
  const tensor = tensors.find((candidate) => candidate.id === id);
  if (tensor === undefined) throw new Error(`no tensor ${id}`);
  return tensor;
}
