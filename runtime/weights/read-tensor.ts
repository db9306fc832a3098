import { fault } from "../faults.ts";
import type { Tensor } from "../tensor.ts";
import { Checkpoint, type StoredTensor } from "./checkpoint.ts";
import { rawArray } from "./element-types.ts";
import { nearestName } from "./nearest-name.ts";
import { readableType } from "./safetensors-header.ts";
import { type StoredNumbers, tensorOf } from "./stored-numbers.ts";

/** Reads one tensor of a checkpoint into memory, as the nearest type that programs read. */
export function readTensor(path: string, key: string): Tensor {
  return tensorOf(readTensorNumbers(path, key));
}

/** Reads the elements of one tensor of a checkpoint as they are. */
export function readTensorNumbers(path: string, key: string): StoredNumbers {
  return withTensor(path, key, (tensor) => {
    const type = readableType(tensor, path);
    const bytes = new Uint8Array(tensor.bytes);
    tensor.file.read(bytes, tensor.start);
    return { what: `${path}:${key}`, type, shape: tensor.shape, raw: rawArray(type, bytes) };
  });
}

/** The shape of one tensor, without its elements. */
export function readTensorShape(path: string, key: string): readonly number[] {
  return withTensor(path, key, (tensor) => tensor.shape);
}

function withTensor<T>(path: string, key: string, use: (tensor: StoredTensor) => T): T {
  const checkpoint = Checkpoint.open(path);
  try {
    const tensor = checkpoint.tensors.get(key);
    if (tensor !== undefined) return use(tensor);
    const nearest = nearestName(key, [...checkpoint.tensors.keys()]);
    throw fault("tensor-missing", { path, key, ...(nearest === undefined ? {} : { nearest }) });
  } finally {
    checkpoint.close();
  }
}
