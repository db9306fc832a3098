import type { Executable } from "./executable.ts";
import { encodeInto, type Storage, storageBytes } from "./storage.ts";

/**
 * Fills a tensor with numbers between -1 and 1, the same every time. Whole numbers stay 0: as positions in
 * other tensors these lie inside.
 */
export function fillRandom(executable: Executable, index: number): void {
  const { storage, bytes } = executable.tensor(index);
  const pattern = randomBytes(storage);
  if (pattern === undefined) return;
  const { gpu } = executable.device;
  const { buffer, offset } = executable.tensor(index);
  const target = executable.buffer(buffer);
  for (let start = 0; start < bytes; start += pattern.length) {
    const size = Math.ceil(Math.min(pattern.length, bytes - start) / 4) * 4;
    gpu.queue.writeBuffer(target, offset + start, pattern, 0, size);
  }
}

/** Long enough that no row of weights is like the next. */
const elements = 999_424;

function randomBytes(storage: Storage): Uint8Array<ArrayBuffer> | undefined {
  if (storage === "i32" || storage === "u32") return undefined;
  const isWhole = storage === "i8" || storage === "i4";
  let state = 1;
  const numbers = Float32Array.from({ length: elements }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return isWhole ? (state >>> 28) - 8 : state / 2147483648 - 1;
  });
  const bytes = new Uint8Array(elements * storageBytes(storage));
  encodeInto(bytes, 0, isWhole ? Int32Array.from(numbers) : numbers, storage);
  return bytes;
}
