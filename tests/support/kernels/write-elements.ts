import { closeSync, openSync, writeSync } from "node:fs";
import { Checkpoint } from "../../../runtime/weights/checkpoint.ts";

/**
 * Writes elements of one BF16 tensor into its place in a folder of shards, from number `first` on, each
 * `step` elements after the one before. The numbers must be such that 8 bits of mantissa hold them.
 */
export function writeElements(
  folder: string,
  key: string,
  numbers: Float32Array,
  { first = 0, step = 1 }: { readonly first?: number; readonly step?: number } = {},
): void {
  const checkpoint = Checkpoint.open(folder);
  const tensor = checkpoint.tensors.get(key);
  checkpoint.close();
  if (tensor?.dtype !== "BF16") throw new Error(`there is no ${key} of BF16 in ${folder}`);
  const words = new Uint16Array(numbers.length);
  new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length).forEach((bits, n) => {
    if ((bits & 0xffff) !== 0) throw new Error(`element ${n} of ${key} is no BF16`);
    words[n] = bits >>> 16;
  });
  const file = openSync(tensor.file.path, "r+");
  try {
    const bytes = new Uint8Array(words.buffer);
    if (step === 1) writeSync(file, bytes, 0, bytes.length, tensor.start + 2 * first);
    else {
      for (let n = 0; n < words.length; n++)
        writeSync(file, bytes, 2 * n, 2, tensor.start + 2 * (first + n * step));
    }
  } finally {
    closeSync(file);
  }
}
