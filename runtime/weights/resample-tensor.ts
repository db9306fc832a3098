import type { CheckpointRead } from "../../compiler/artifact.ts";
import type { Device } from "../device/device.ts";
import { Executable } from "../execute/executable.ts";
import { Readback } from "../execute/readback.ts";
import { decodeNumbers, encodeTensor } from "../execute/storage.ts";
import { elementCount } from "../tensor.ts";
import type { ElementSource } from "./element-source.ts";
import { elementTypes, rawArray, realNumbers } from "./element-types.ts";

type Resample = NonNullable<CheckpointRead["resample"]>;

/** Runs the program that gives a tensor of the file its new size, once, and returns the result in f32. */
export async function resampleTensor(
  device: Device,
  resample: Resample,
  elements: ElementSource,
): Promise<Float32Array> {
  const executable = await Executable.create(resample.program, device);
  const readback = await Readback.create(executable, [resample.output]);
  try {
    const raw = new Uint8Array(elements.count * elementTypes[elements.type].bytes);
    elements.read(raw, 0);
    const data = realNumbers(elements.type, rawArray(elements.type, raw));
    const input = executable.tensor(resample.input);
    executable.write(
      resample.input,
      encodeTensor({ element: "f32", shape: resample.shape, data }, input.storage),
    );
    await device.attempt("resampling a parameter", () => {
      const encoder = device.gpu.createCommandEncoder();
      executable.encode(encoder, {});
      readback.encode(encoder);
      device.gpu.queue.submit([encoder.finish()]);
    });
    const output = executable.tensor(resample.output);
    const [numbers] = await readback.read((bytes) =>
      decodeNumbers(bytes, output.storage, elementCount(output.shape)),
    );
    return Float32Array.from(numbers ?? []);
  } finally {
    readback.dispose();
    executable.dispose();
  }
}
