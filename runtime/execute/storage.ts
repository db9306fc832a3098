import type { TensorSpec } from "../../compiler/artifact.ts";
import { brainBits, halfBits, wideBitsTable } from "../numbers/half.ts";
import type { Tensor } from "../tensor.ts";
import { elementCount } from "../tensor.ts";

export type Storage = TensorSpec["storage"];

export function storageBytes(storage: Storage): number {
  if (storage === "i8") return 1;
  if (storage === "i4") return 0.5;
  return storage === "f16" || storage === "bf16" ? 2 : 4;
}

/** The bytes of a value as the device stores it, row-major, filled up to whole words with zeros. */
export function encodeTensor(tensor: Tensor, storage: Storage): Uint8Array {
  const { data } = tensor;
  const bytes = new Uint8Array(Math.ceil((data.length * storageBytes(storage)) / 4) * 4);
  encodeInto(bytes, 0, data, storage);
  return bytes;
}

/** Writes numbers at `offset`; rounds to the nearest where the storage is narrower. */
export function encodeInto(
  target: Uint8Array,
  offset: number,
  data: Tensor["data"],
  storage: Storage,
): void {
  const start = target.byteOffset + offset;
  switch (storage) {
    case "f32":
      new Float32Array(target.buffer, start, data.length).set(data);
      return;
    case "i32":
    case "u32":
      new Int32Array(target.buffer, start, data.length).set(data);
      return;
    case "f16":
    case "bf16": {
      const narrow = storage === "f16" ? halfBits : brainBits;
      const numbers = data instanceof Float32Array ? data : Float32Array.from(data);
      const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
      const halves = new Uint16Array(target.buffer, start, bits.length);
      for (let index = 0; index < bits.length; index++) halves[index] = narrow(bits[index] ?? 0);
      return;
    }
    case "i8":
      new Int8Array(target.buffer, start, data.length).set(data);
      return;
    case "i4":
      for (let index = 0; index < data.length; index += 2) {
        const high = (data[index + 1] ?? 0) << 4;
        target[offset + index / 2] = ((data[index] ?? 0) & 15) | high;
      }
      return;
  }
}

/** The reverse: `count` numbers from the bytes of the device. */
export function decodeNumbers(bytes: Uint8Array, storage: Storage, count: number): Tensor["data"] {
  const { buffer, byteOffset } = bytes;
  switch (storage) {
    case "f32":
      return new Float32Array(buffer, byteOffset, count).slice();
    case "i32":
      return new Int32Array(buffer, byteOffset, count).slice();
    case "u32":
      return new Uint32Array(buffer, byteOffset, count).slice();
    case "f16":
    case "bf16": {
      const halves = new Uint16Array(buffer, byteOffset, count);
      const numbers = new Float32Array(count);
      const bits = new Uint32Array(numbers.buffer);
      const wide = wideBitsTable();
      for (let index = 0; index < count; index++) {
        const half = halves[index] ?? 0;
        bits[index] = storage === "f16" ? (wide[half] ?? 0) : half << 16;
      }
      return numbers;
    }
    case "i8":
      return Int32Array.from(new Int8Array(buffer, byteOffset, count));
    case "i4":
      return Int32Array.from({ length: count }, (_, index) => {
        const byte = bytes[index >> 1] ?? 0;
        return (index % 2 === 0 ? byte << 28 : byte << 24) >> 28;
      });
  }
}

export function decodeTensor(
  bytes: Uint8Array,
  spec: TensorSpec,
  element: Tensor["element"],
  shape: readonly number[],
): Tensor {
  const numbers = decodeNumbers(bytes, spec.storage, elementCount(shape));
  if (element === "f32") {
    return {
      element,
      shape,
      data: numbers instanceof Float32Array ? numbers : Float32Array.from(numbers),
    };
  }
  if (element === "u32") {
    return {
      element,
      shape,
      data: numbers instanceof Uint32Array ? numbers : Uint32Array.from(numbers),
    };
  }
  const whole = numbers instanceof Int32Array ? numbers : Int32Array.from(numbers);
  return {
    element,
    shape,
    data: element === "bool" ? whole.map((value) => (value === 0 ? 0 : 1)) : whole,
  };
}

/** How many of the numbers are NaN or infinite, by their bits: the device may compute NaN == NaN as it likes. */
export function countNonFinite(bytes: Uint8Array, storage: Storage): number {
  const { buffer, byteOffset, byteLength } = bytes;
  let found = 0;
  if (storage === "f32") {
    const words = new Uint32Array(buffer, byteOffset, byteLength >>> 2);
    for (const word of words) if ((word & 0x7f800000) === 0x7f800000) found += 1;
  } else if (storage === "f16" || storage === "bf16") {
    const mask = storage === "f16" ? 0x7c00 : 0x7f80;
    const halves = new Uint16Array(buffer, byteOffset, byteLength >>> 1);
    for (const half of halves) if ((half & mask) === mask) found += 1;
  }
  return found;
}
