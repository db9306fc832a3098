import type { Tensor } from "../tensor.ts";
import { Checkpoint, type StoredTensor } from "./checkpoint.ts";
import { rawArray } from "./element-types.ts";
import { readableType } from "./safetensors-header.ts";
import { type StoredNumbers, tensorOf } from "./stored-numbers.ts";

/** Reads one tensor of a checkpoint into memory, as the nearest type that programs read. */
export function readTensor(path: string, key: string): Tensor {
  return tensorOf(readTensorNumbers(path, key));
}

/**
 * Reads the tensors of a `.safetensors` file, or of a folder with one or with shards: all of them, or those of these
 * keys. F64, F16 and BF16 become f32, whole numbers of any width i32 or u32, BOOL bool; shapes are those of the file.
 *
 * @throws {RuntimeFault} `file-missing`, `not-safetensors`, `tensor-missing` with the nearest key, or `wrong-element`
 * where a number has no place in 32 bits.
 */
export function readSafetensors(path: string, keys?: readonly string[]): Record<string, Tensor> {
  const checkpoint = Checkpoint.open(path);
  try {
    const entries = (keys ?? [...checkpoint.tensors.keys()]).map(
      (key) => [key, tensorOf(numbersOf(path, key, checkpoint.find(key)))] as const,
    );
    return Object.fromEntries(entries);
  } finally {
    checkpoint.close();
  }
}

/** Reads the elements of one tensor of a checkpoint as they are. */
export function readTensorNumbers(path: string, key: string): StoredNumbers {
  return withTensor(path, key, (tensor) => numbersOf(path, key, tensor));
}

function numbersOf(path: string, key: string, tensor: StoredTensor): StoredNumbers {
  const type = readableType(tensor, path);
  const bytes = new Uint8Array(tensor.bytes);
  tensor.file.read(bytes, tensor.start);
  return { what: `${path}:${key}`, type, shape: tensor.shape, raw: rawArray(type, bytes) };
}

/** The shape of one tensor, without its elements. */
export function readTensorShape(path: string, key: string): readonly number[] {
  return withTensor(path, key, (tensor) => tensor.shape);
}

function withTensor<T>(path: string, key: string, use: (tensor: StoredTensor) => T): T {
  const checkpoint = Checkpoint.open(path);
  try {
    return use(checkpoint.find(key));
  } finally {
    checkpoint.close();
  }
}
