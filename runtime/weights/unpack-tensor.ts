import type { TensorSpec } from "../../compiler/artifact.ts";
import { storageBytes } from "../execute/storage.ts";
import { deinterleave } from "./interleave.ts";

/**
 * The reverse of `packTensor` for what is not quantised: the bytes of a tensor as the device has them, to its
 * `count` elements in row-major order, in the same storage. `packed` may be longer, by what fills it up.
 */
export function unpackTensor(
  packed: Uint8Array,
  { packing, storage }: Pick<TensorSpec, "packing" | "storage">,
  count: number,
): Uint8Array {
  const size = storageBytes(storage);
  switch (packing.kind) {
    case "row-major":
      return packed.subarray(0, count * size);
    case "interleaved": {
      const rows = new Uint8Array(count * size);
      deinterleave(packed.subarray(0, count * size), rows, packing, size);
      return rows;
    }
    case "transposed": {
      const rows = new Uint8Array(count * size);
      const [from, to] = size === 2 ? [halves(packed), halves(rows)] : [words(packed), words(rows)];
      turn(from, to, packing);
      return rows;
    }
  }
}

/** Lines of `stride` elements, of which `rows` count, to rows of `columns`. */
function turn(
  from: Uint16Array | Uint32Array,
  to: Uint16Array | Uint32Array,
  { rows, columns, stride }: { rows: number; columns: number; stride: number },
): void {
  let place = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) to[place++] = from[column * stride + row] ?? 0;
  }
}

function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
}

function halves(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1);
}
