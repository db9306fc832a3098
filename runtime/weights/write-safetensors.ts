import { writeAtomically } from "../files/atomic-write.ts";
import type { Tensor } from "../tensor.ts";

/** Writes named tensors as one `.safetensors` file: F32, I32 and BOOL. */
export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    const bytes = elementBytes(tensor);
    const dtype = { f32: "F32", i32: "I32", bool: "BOOL" }[tensor.element];
    header[name] = { dtype, shape: tensor.shape, data_offsets: [offset, offset + bytes.length] };
    parts.push(bytes);
    offset += bytes.length;
  }
  writeAtomically(path, [headerBytes(header), ...parts]);
}

/** The length, then the JSON filled up with spaces, so that the elements are aligned. */
function headerBytes(header: Readonly<Record<string, unknown>>): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

function elementBytes({ element, data }: Tensor): Uint8Array {
  if (element === "bool") return Uint8Array.from(data, (value) => (value === 0 ? 0 : 1));
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
