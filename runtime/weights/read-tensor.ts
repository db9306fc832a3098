import { fault } from "../faults.ts";
import type { Tensor } from "../tensor.ts";
import { Checkpoint, type StoredTensor } from "./checkpoint.ts";
import { elementTypes, rawArray, realNumbers, wholeNumbers } from "./element-types.ts";
import { nearestName } from "./nearest-name.ts";
import { readableType } from "./safetensors-header.ts";

/** Reads one tensor of a checkpoint into memory. */
export function readTensor(path: string, key: string): Tensor {
  return withTensor(path, key, (tensor) => {
    const type = readableType(tensor, path);
    const bytes = new Uint8Array(tensor.bytes);
    tensor.file.read(bytes, tensor.start);
    const raw = rawArray(type, bytes);
    const { shape } = tensor;
    if (elementTypes[type].isReal) return { element: "f32", shape, data: realNumbers(type, raw) };
    const whole = wholeNumbers(type, raw);
    if (whole === undefined)
      throw fault("tensor-unusable", {
        path,
        key,
        reason: "its elements do not all fit in 32 bits",
      });
    return { element: type === "BOOL" ? "bool" : "i32", shape, data: whole };
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
