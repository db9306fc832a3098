import type { Program, StepSpec, TensorSpec } from "../../compiler/artifact.ts";
import { bufferUsage } from "../device/gpu-constants.ts";
import type { Executable, Immediates } from "./executable.ts";

/**
 * Runs a step as it is, but what the plan holds for dead is NaN: all arenas and its outputs before the
 * first dispatch, and each tensor's bytes after the last dispatch that uses it. States live on. A plan that lets two living
 * tensors share bytes, or a kernel that reads what nobody wrote, shows as NaN in the outputs.
 */
export async function runPoisoned(
  { outputs, from, to }: Pick<StepSpec, "outputs" | "from" | "to">,
  executable: Executable,
  immediates: Immediates,
): Promise<void> {
  const { device, program } = executable;
  const own = new Set(outputs.map(({ tensor }) => executable.tensor(tensor).buffer));
  const scratch = program.buffers.flatMap(({ role, bytes }, buffer) =>
    role === "arena" || own.has(buffer) ? [{ buffer, offset: 0, bytes }] : [],
  );
  const largest = Math.max(4, ...scratch.map(({ bytes }) => bytes));
  const poison = device.gpu.createBuffer({
    size: Math.ceil(largest / 4) * 4,
    usage: bufferUsage.copySource | bufferUsage.copyTarget,
    mappedAtCreation: true,
  });
  new Uint32Array(poison.getMappedRange()).fill(quietNan);
  poison.unmap();
  const freed = freedAfter(program, from, to);
  try {
    for (const [n, part] of executable.segmentsIn({ from, to }).entries()) {
      await executable.arrive(part.from);
      await device.attempt("running the program on poisoned memory", () => {
        const encoder = device.gpu.createCommandEncoder();
        const fill = ({ buffer, offset, bytes }: Bytes): void => {
          const target = executable.buffer(buffer);
          encoder.copyBufferToBuffer(poison, 0, target, offset, Math.floor(bytes / 4) * 4);
        };
        if (n === 0) scratch.forEach(fill);
        for (let index = part.from; index < part.to; index++) {
          executable.encode(encoder, immediates, index, index + 1);
          freed[index - from]?.forEach(fill);
        }
        device.gpu.queue.submit([encoder.finish()]);
      });
    }
    await device.finish();
  } finally {
    poison.destroy();
  }
}

type Bytes = Pick<TensorSpec, "buffer" | "offset" | "bytes">;

/** NaN in f32, and each half of it in f16 and bf16. */
const quietNan = 0x7fc07fc0;

/** For each dispatch of a range the arena tensors that no later one of it binds. */
function freedAfter(
  { tensors, buffers, dispatches }: Program,
  from: number,
  to: number,
): readonly (readonly Bytes[])[] {
  const last = new Map<number, number>();
  const own = dispatches.slice(from, to);
  own.forEach((dispatch, index) => {
    for (const tensor of dispatch.tensors) last.set(tensor, index);
  });
  const freed: Bytes[][] = own.map(() => []);
  for (const [number, index] of last) {
    const tensor = tensors[number];
    if (tensor !== undefined && buffers[tensor.buffer]?.role === "arena")
      freed[index]?.push(tensor);
  }
  return freed;
}
