import type { Artifact, Program, StepSpec } from "../../compiler/artifact.ts";
import { fault } from "../faults.ts";
import { countOf, partsOf } from "../stored/stored-parts.ts";
import type { Executable, Immediates } from "./executable.ts";
import { countNonFinite } from "./storage.ts";
import { TensorWindow } from "./tensor-window.ts";

/**
 * Runs a step one dispatch at a time and stops with a fault at the first result that is NaN or
 * infinite. Weights and inputs are looked at first: what comes in broken is no kernel's mistake.
 */
export async function findNonFinite(
  { stored }: Pick<Artifact, "stored">,
  { inputs, from, to }: Pick<StepSpec, "inputs" | "from" | "to">,
  executable: Executable,
  immediates: Immediates,
): Promise<void> {
  const { program } = executable;
  const window = await TensorWindow.create(executable);
  const inspect = async (
    tensor: number,
    what: string,
    place: string,
    cause?: string,
  ): Promise<void> => {
    const spec = executable.tensor(tensor);
    let count = 0;
    await window.read(spec, (bytes) => {
      count += countNonFinite(bytes, spec.storage);
    });
    if (count === 0) return;
    const total = spec.shape.reduce((product, size) => product * size, 1);
    throw fault("nan-found", {
      what,
      count,
      total,
      place,
      cause,
    });
  };
  try {
    const saved = stored.flatMap((spec) =>
      spec.lifetime === "saved"
        ? partsOf(spec, countOf(spec)).map(({ tensor }) => ({ path: spec.path, tensor }))
        : [],
    );
    const streamed = new Map(
      saved.flatMap(({ path, tensor }) => (isStreamed(tensor, program) ? [[tensor, path]] : [])),
    );
    for (const { path, tensor } of saved) {
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
        const lines =
          dispatch.places.length === 0 ? "" : `, computed at ${dispatch.places.join(", ")}`;
        const place = dispatch.part === "" ? lines : `${lines}, in \`${dispatch.part}\``;
        await inspect(
          tensor,
          `\`${name}\`, the result of \`${dispatch.label}\` (dispatch ${index}),`,
          place,
        );
      }
    }
  } finally {
    window.dispose();
  }
}

function isStreamed(tensor: number, { tensors, buffers }: Program): boolean {
  return buffers[tensors[tensor]?.buffer ?? -1]?.role === "slot";
}
