import type { TensorPart, TensorSpec } from "../../compiler/artifact.ts";
import { type ElementSource, slicedElements } from "../weights/element-source.ts";
import { type Origin, packTensor } from "../weights/pack-tensor.ts";
import type { Uploader } from "./uploader.ts";

/** The tensors of a program and where they lie on a device. */
export interface TensorHome {
  readonly tensor: (index: number) => TensorSpec;
  readonly bufferOf: (tensor: TensorSpec) => GPUBuffer;
}

/** Where elements go. */
interface FillTarget {
  readonly executable: TensorHome;
  readonly uploader: Uploader;
}

/**
 * The one way onto the device of whatever is not quantised: elements of a checkpoint, of an initialiser or
 * of a table, a piece at a time, converted and packed as the plan says. Yields the bytes of each piece,
 * when it is on its way. `parts` are those of a tensor that `source` has whole.
 */
export async function* fillTensor(
  parts: readonly TensorPart[],
  source: ElementSource,
  { executable, uploader }: FillTarget,
  origin: Origin,
): AsyncGenerator<number> {
  for (const part of parts) {
    const tensor = executable.tensor(part.tensor);
    const isWhole = part.first === 0 && part.count === source.count;
    const own = isWhole ? source : slicedElements(source, part);
    const target = executable.bufferOf(tensor);
    for (const { offset, bytes, fill } of packTensor(own, tensor, origin)) {
      await uploader.upload(target, tensor.offset + offset, bytes, fill);
      yield bytes;
    }
  }
}
