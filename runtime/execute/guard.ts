import type { Artifact, Program, StepSpec } from "../../compiler/artifact.ts";
import { bufferUsage, mapMode } from "../device/gpu-constants.ts";
import { fault } from "../faults.ts";
import { partsOf } from "../weights/parameter-parts.ts";
import type { Executable, Immediates } from "./executable.ts";
import { countNonFinite } from "./storage.ts";

/**
 * Runs a step one dispatch at a time and stops with a fault at the first result that is NaN or
 * infinite. Weights and inputs are looked at first: what comes in broken is no kernel's mistake.
 */
export async function findNonFinite(
  { parameters }: Pick<Artifact, "parameters">,
  { inputs, from, to }: Pick<StepSpec, "inputs" | "from" | "to">,
  executable: Executable,
  immediates: Immediates,
): Promise<void> {
  const { program } = executable;
  const inspector = createInspector(executable);
  const inspect = async (
    tensor: number,
    what: string,
    place: string,
    cause?: string,
  ): Promise<void> => {
    const spec = executable.tensor(tensor);
    const count = await inspector.countNonFinite(tensor);
    if (count === 0) return;
    const total = spec.shape.reduce((product, size) => product * size, 1);
    throw fault("nan-found", {
      what,
      count,
      total,
      place,
      ...(cause === undefined ? {} : { cause }),
    });
  };
  try {
    const stored = parameters.flatMap((parameter) =>
      partsOf(parameter).map(({ tensor }) => ({ path: parameter.path, tensor })),
    );
    const streamed = new Map(
      stored.flatMap(({ path, tensor }) => (isStreamed(tensor, program) ? [[tensor, path]] : [])),
    );
    for (const { path, tensor } of stored) {
      if (streamed.has(tensor)) continue;
      await inspect(tensor, `the parameter \`${path}\``, "", "its weights hold such numbers");
    }
    for (const { name, tensor } of inputs) {
      await inspect(tensor, `the input \`${name}\``, "", "the given value holds such numbers");
    }
    for (const [place, dispatch] of program.dispatches.slice(from, to).entries()) {
      const index = from + place;
      const { device } = executable;
      await executable.arrive(index);
      for (const tensor of dispatch.tensors) {
        const path = streamed.get(tensor);
        if (path !== undefined)
          await inspect(tensor, `the parameter \`${path}\``, "", "its weights hold such numbers");
      }
      await device.attempt(`running \`${dispatch.label}\``, () => {
        const encoder = device.gpu.createCommandEncoder();
        executable.encode(encoder, immediates, index, index + 1);
        device.gpu.queue.submit([encoder.finish()]);
      });
      const kernel = program.kernels[dispatch.kernel];
      for (const [slot, tensor] of dispatch.tensors.entries()) {
        if (kernel?.bindings[slot]?.access !== "read_write") continue;
        const { name } = executable.tensor(tensor);
        const place =
          dispatch.places.length === 0 ? "" : `, computed at ${dispatch.places.join(", ")}`;
        await inspect(
          tensor,
          `\`${name}\`, the result of \`${dispatch.label}\` (dispatch ${index}),`,
          place,
        );
      }
    }
  } finally {
    inspector.dispose();
  }
}

function isStreamed(tensor: number, { tensors, buffers }: Program): boolean {
  return buffers[tensors[tensor]?.buffer ?? -1]?.role === "slot";
}

/** Looks at tensors of any size through one small window. */
function createInspector(executable: Executable): {
  countNonFinite(tensor: number): Promise<number>;
  dispose(): void;
} {
  const { device } = executable;
  const largest = Math.max(
    4,
    ...executable.program.tensors.map((tensor) => executable.copySize(tensor)),
  );
  const window = Math.min(largest, windowBytes);
  const staging = device.gpu.createBuffer({
    size: window,
    usage: bufferUsage.mapRead | bufferUsage.copyTarget,
  });
  return {
    async countNonFinite(tensor) {
      const spec = executable.tensor(tensor);
      let found = 0;
      for (let start = 0; start < spec.bytes; start += window) {
        const size = Math.min(window, executable.copySize(spec) - start);
        const encoder = device.gpu.createCommandEncoder();
        encoder.copyBufferToBuffer(
          executable.bufferOf(spec),
          spec.offset + start,
          staging,
          0,
          size,
        );
        device.gpu.queue.submit([encoder.finish()]);
        await device.wait(staging.mapAsync(mapMode.read, 0, size));
        found += countNonFinite(new Uint8Array(staging.getMappedRange(0, size)), spec.storage);
        staging.unmap();
      }
      return found;
    },
    dispose() {
      staging.destroy();
    },
  };
}

const windowBytes = 16 * 1024 * 1024;
