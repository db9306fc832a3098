import { writeAtomically } from "../files/atomic-write.ts";
import type { Tensor } from "../tensor.ts";
import type { TensorEntry } from "./safetensors-header.ts";

/** Writes named tensors as one `.safetensors` file: F32, I32, U32 and BOOL. */
export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const parts = Object.entries(tensors).map(([key, tensor]) => {
    const bytes = elementBytes(tensor);
    const dtype = { f32: "F32", i32: "I32", u32: "U32", bool: "BOOL" }[tensor.element];
    return { entry: { key, dtype, shape: tensor.shape, bytes: bytes.length }, bytes };
  });
  const header = safetensorsHeader(
    parts.map(({ entry }) => entry),
    metadata,
  );
  writeAtomically(path, [header, ...parts.map(({ bytes }) => bytes)]);
}

/**
 * What a file begins with whose tensors follow in this order without gaps: the length, then the JSON filled
 * up with spaces, so that the elements are aligned.
 */
export function safetensorsHeader(
  entries: readonly Omit<TensorEntry, "start">[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let offset = 0;
  for (const { key, dtype, shape, bytes } of entries) {
    header[key] = { dtype, shape, data_offsets: [offset, offset + bytes] };
    offset += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const result = new Uint8Array(8 + length).fill(0x20);
  new DataView(result.buffer).setBigUint64(0, BigInt(length), true);
  result.set(json, 8);
  return result;
}

function elementBytes({ element, data }: Tensor): Uint8Array {
  if (element === "bool") return Uint8Array.from(data, (value) => (value === 0 ? 0 : 1));
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
