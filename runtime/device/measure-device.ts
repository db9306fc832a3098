import { InternalError } from "../internal-error.ts";
import type { Device } from "./device.ts";
import type { MeasuredLimits } from "./device-limits.ts";
import { bufferUsage } from "./gpu-constants.ts";
import { PassTimer } from "./pass-timer.ts";

/** Runs the micro-kernels: about a second on a software device, less on hardware. */
export async function measureDevice(device: Device): Promise<MeasuredLimits> {
  const timer = PassTimer.create(device, 1);
  try {
    return {
      gigabytesPerSecond: await measureCopy(device, timer),
      gflops: await measureMultiplyAdd(device, timer),
      dispatchMicroseconds: await measureDispatch(device, timer),
    };
  } finally {
    timer?.dispose();
  }
}

const workgroupSize = 64;
const vectorsPerInvocation = 4;

const copyText = `
@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> result: array<vec4<f32>>;
@compute @workgroup_size(${workgroupSize})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let first = group.x * ${workgroupSize * vectorsPerInvocation}u + lane;
${repeat(vectorsPerInvocation, (n) => `  result[first + ${n * workgroupSize}u] = source[first + ${n * workgroupSize}u];`)}
}`;

async function measureCopy(device: Device, timer: PassTimer | undefined): Promise<number> {
  // Larger than the caches: 256 MiB move on hardware, half of it where the host's memory stands in.
  const wanted = (device.isSoftware ? 64 : 128) * 2 ** 20;
  const { maxStorageBufferBindingSize, maxBufferSize } = device.gpu.limits;
  const bytesPerGroup = workgroupSize * vectorsPerInvocation * 16;
  const most = Math.min(wanted, maxStorageBufferBindingSize, maxBufferSize);
  const groups = Math.floor(most / bytesPerGroup);
  const size = groups * bytesPerGroup;
  const kernel = await createKernel(device, "copy bandwidth", copyText, [size, size]);
  try {
    const timeMs = await bestTime(device, timer, (pass, count) =>
      kernel.encode(pass, count, groups),
    );
    return (2 * size) / timeMs / 1e6;
  } finally {
    kernel.dispose();
  }
}

const loopCount = 256;
const unrolled = 8;

/** Eight independent chains cover the latency of the units and still fit in sixteen registers. */
const multiplyAddText = `
@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;
@compute @workgroup_size(${workgroupSize})
fn main(@builtin(global_invocation_id) invocation: vec3<u32>) {
  let factor = vec4<f32>(source[0].x);
  let summand = vec4<f32>(source[0].y);
  var left = source[1] + vec4<f32>(f32(invocation.x));
  var right = source[2] - vec4<f32>(f32(invocation.x));
  for (var i = 0u; i < ${loopCount}u; i++) {
${repeat(unrolled, () => "    left = fma(left, factor, summand);\n    right = fma(right, factor, summand);")}
  }
  result[invocation.x] = dot(left + right, vec4<f32>(1.0));
}`;

const flopsPerInvocation = loopCount * unrolled * 2 * 4 * 2;

async function measureMultiplyAdd(device: Device, timer: PassTimer | undefined): Promise<number> {
  // Enough for every lane of a large device several times over, and a moment of a small one.
  const groups = device.isSoftware ? 64 : 16384;
  const sizes = [64, groups * workgroupSize * 4];
  const kernel = await createKernel(device, "multiply-add rate", multiplyAddText, sizes);
  try {
    // Without numbers that converge the chains would run into infinity.
    device.gpu.queue.writeBuffer(kernel.source, 0, new Float32Array([0.5, 0.25, 0, 0]));
    const timeMs = await bestTime(device, timer, (pass, count) =>
      kernel.encode(pass, count, groups),
    );
    return (groups * workgroupSize * flopsPerInvocation) / timeMs / 1e6;
  } finally {
    kernel.dispose();
  }
}

const smallText = `
@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;
@compute @workgroup_size(${workgroupSize})
fn main(@builtin(local_invocation_index) lane: u32) {
  result[lane] += source[lane];
}`;

async function measureDispatch(device: Device, timer: PassTimer | undefined): Promise<number> {
  const bytes = workgroupSize * 4;
  const kernel = await createKernel(device, "dispatch latency", smallText, [bytes, bytes]);
  try {
    return 1000 * (await bestTime(device, timer, (pass, count) => kernel.encode(pass, count, 1)));
  } finally {
    kernel.dispose();
  }
}

interface Kernel {
  readonly source: GPUBuffer;
  readonly encode: (pass: GPUComputePassEncoder, count: number, groups: number) => void;
  readonly dispose: () => void;
}

async function createKernel(
  device: Device,
  label: string,
  code: string,
  sizes: readonly number[],
): Promise<Kernel> {
  const { gpu } = device;
  const creation = gpu.createComputePipelineAsync({
    label,
    layout: "auto",
    compute: { module: gpu.createShaderModule({ label, code }), entryPoint: "main" },
  });
  const pipeline = await device.wait(creation);
  const usage = bufferUsage.storage | bufferUsage.copyTarget;
  const buffers = await device.attempt(`measuring the ${label}`, () =>
    sizes.map((size) => gpu.createBuffer({ label, size, usage })),
  );
  const [source] = buffers;
  if (source === undefined) throw new InternalError(`the micro-kernel ${label} has no buffer`);
  const bindGroup = gpu.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  return {
    source,
    encode(pass, count, groups) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      for (let index = 0; index < count; index++) pass.dispatchWorkgroups(groups);
    },
    dispose() {
      for (const buffer of buffers) buffer.destroy();
    },
  };
}

/** Long enough for the clock, and short enough to fit between what else a busy machine does. */
const targetMs = 2;
const mostRepeats = 512;
/** As many passes as there is time for: on a busy machine few of them are left alone. */
const fewestRuns = 5;
const mostRuns = 50;
const patienceMs = 400;

/** Milliseconds of one dispatch: the shortest of several passes, for a limit is what can be reached. */
async function bestTime(
  device: Device,
  timer: PassTimer | undefined,
  encode: (pass: GPUComputePassEncoder, count: number) => void,
): Promise<number> {
  const time = (count: number) => timePass(device, timer, (pass) => encode(pass, count));
  // The first pass compiles and touches the memory.
  await time(1);
  let count = 1;
  let timeMs = await time(count);
  while (timeMs < targetMs && count < mostRepeats) {
    const wanted = timeMs > 0 ? (count * targetMs) / timeMs : mostRepeats;
    count = Math.min(mostRepeats, Math.ceil(Math.max(wanted, count * 2)));
    timeMs = await time(count);
  }
  const started = performance.now();
  for (let run = 1; run < mostRuns; run++) {
    if (run >= fewestRuns && performance.now() - started > patienceMs) break;
    timeMs = Math.min(timeMs, await time(count));
  }
  return timeMs / count;
}

async function timePass(
  device: Device,
  timer: PassTimer | undefined,
  encode: (pass: GPUComputePassEncoder) => void,
): Promise<number> {
  const encoder = device.gpu.createCommandEncoder();
  const pass = encoder.beginComputePass(
    timer === undefined ? {} : { timestampWrites: timer.writes(0) },
  );
  encode(pass);
  pass.end();
  timer?.resolve(encoder, 1);
  const started = performance.now();
  device.gpu.queue.submit([encoder.finish()]);
  if (timer === undefined) {
    await device.finish();
    return performance.now() - started;
  }
  const [stamps] = await timer.read(1);
  return stamps === undefined ? 0 : Number(stamps.end - stamps.begin) / 1e6;
}

function repeat(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("\n");
}
