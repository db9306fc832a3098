import { slicedElements } from "../weights/element-source.ts";
import { packTensor } from "../weights/pack-tensor.ts";
import { randomElements } from "../weights/random-elements.ts";
import { Uploader } from "../weights/uploader.ts";
import type { Executable } from "./executable.ts";

/** Computes what the program knows of positions alone, in float64, and puts it where the plan says. */
export async function fillConstants(executable: Executable): Promise<void> {
  const { constants } = executable.program;
  if (constants.length === 0) return;
  const uploader = new Uploader(executable.device);
  try {
    for (const constant of constants) {
      const elements = randomElements(constant, 0);
      const parts = constant.parts ?? [
        { tensor: constant.tensor, first: 0, count: elements.count },
      ];
      for (const part of parts) {
        const tensor = executable.tensor(part.tensor);
        const origin = { path: "", key: constant.name };
        for (const piece of packTensor(slicedElements(elements, part), tensor, origin)) {
          const target = executable.bufferOf(tensor);
          await uploader.upload(target, tensor.offset + piece.offset, piece.bytes, piece.fill);
        }
      }
    }
    await uploader.finish();
  } finally {
    uploader.dispose();
  }
}
