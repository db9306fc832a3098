import type { StoredSpec, TensorSpec } from "../../compiler/artifact.ts";
import type { Executable } from "../execute/executable.ts";
import { storageBytes } from "../execute/storage.ts";
import { TensorWindow } from "../execute/tensor-window.ts";
import { fault } from "../faults.ts";
import { AtomicFile } from "../files/atomic-write.ts";
import { InternalError } from "../internal-error.ts";
import { elementCount } from "../tensor.ts";
import type { ElementType } from "../weights/element-types.ts";
import { unpackTensor } from "../weights/unpack-tensor.ts";
import { safetensorsHeader } from "../weights/write-safetensors.ts";
import { countOf, partsOf } from "./stored-parts.ts";

/** A tensor of a file, and what is on the device of which it is made, end to end. */
export interface SavedTensor {
  readonly key: string;
  readonly shape: readonly number[];
  readonly pieces: readonly SavedPiece[];
}

/** Elements of something that is stored, row-major. */
export interface SavedPiece {
  readonly spec: StoredSpec;
  readonly first: number;
  readonly count: number;
  /** Set where the file has the matrix of `rows` by `columns`, and the device its transposed. */
  readonly transposed?: { readonly rows: number; readonly columns: number };
}

/**
 * Writes everything that is saved as one `.safetensors` file, each tensor under its path, row-major and with
 * the bits that the device has. Fails before the first byte where something is not on the device whole:
 * weights that are quantised or streamed. One part of a tensor is in memory at a time.
 */
export async function saveStored(
  executable: Executable,
  stored: readonly StoredSpec[],
  path: string,
): Promise<void> {
  const saved = stored.filter(({ lifetime }) => lifetime === "saved");
  const tensors = saved.map(savedUnderPath);
  assertSaveable(executable, tensors);
  const file = AtomicFile.create(path);
  try {
    for await (const bytes of savedBytes(executable, tensors)) file.write(bytes);
    file.commit();
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/** As it is, under its path. */
export function savedUnderPath(spec: StoredSpec): SavedTensor {
  const shape = spec.shape.map(({ size }) => size);
  return { key: spec.path, shape, pieces: [{ spec, first: 0, count: countOf(spec) }] };
}

/** @throws {RuntimeFault} `not-saveable` where something is not on the device with all its bits. */
export function assertSaveable(executable: Executable, tensors: readonly SavedTensor[]): void {
  for (const { spec } of tensors.flatMap(({ pieces }) => pieces)) {
    dtypeOf(spec, executable.tensor(spec.tensor).storage);
    refuseAbsent(spec, executable);
  }
}

/** The bytes of a `.safetensors` file with these tensors, a piece at a time. */
export async function* savedBytes(
  executable: Executable,
  tensors: readonly SavedTensor[],
): AsyncGenerator<Uint8Array> {
  const storageOf = ({ pieces: [first] }: SavedTensor) => {
    if (first === undefined) throw new InternalError("a tensor of a file is made of nothing");
    const { storage } = executable.tensor(first.spec.tensor);
    return { dtype: dtypeOf(first.spec, storage), size: storageBytes(storage) };
  };
  yield safetensorsHeader(
    tensors.map((one) => {
      const { dtype, size } = storageOf(one);
      return { key: one.key, dtype, shape: one.shape, bytes: elementCount(one.shape) * size };
    }),
  );
  const window = await TensorWindow.create(executable);
  try {
    for (const one of tensors) {
      const { size } = storageOf(one);
      for (const piece of one.pieces) yield* bytesOf(piece, size, { executable, window });
    }
  } finally {
    window.dispose();
  }
}

interface Reading {
  readonly executable: Executable;
  readonly window: TensorWindow;
}

/** The elements of a piece, a part of its tensor at a time; all at once where they are turned. */
async function* bytesOf(
  { spec, first, count, transposed }: SavedPiece,
  size: number,
  { executable, window }: Reading,
): AsyncGenerator<Uint8Array> {
  const whole = transposed && new Uint8Array(count * size);
  for (const part of partsOf(spec, countOf(spec))) {
    const from = Math.max(first, part.first);
    const to = Math.min(first + count, part.first + part.count);
    if (from >= to) continue;
    const own = executable.tensor(part.tensor);
    const packed = new Uint8Array(executable.copySize(own));
    await window.read(own, (bytes, start) => packed.set(bytes, start));
    const rows = unpackTensor(packed, own, part.count);
    const wanted = rows.subarray((from - part.first) * size, (to - part.first) * size);
    if (whole === undefined) yield wanted;
    else whole.set(wanted, (from - first) * size);
  }
  if (whole !== undefined && transposed !== undefined) yield turned(whole, size, transposed);
}

/** Of columns that lie as lines, the rows. */
function turned(
  lines: Uint8Array,
  size: number,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Uint8Array {
  const result = new Uint8Array(lines.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const from = (column * rows + row) * size;
      result.set(lines.subarray(from, from + size), (row * columns + column) * size);
    }
  return result;
}

/** What passes through slots is on the device only while kernels read it. */
function refuseAbsent({ path, tensor, parts = [] }: StoredSpec, executable: Executable): void {
  const { buffers } = executable.program;
  const isStreamed = [tensor, ...parts.map((part) => part.tensor)].some(
    (own) => buffers[executable.tensor(own).buffer]?.role === "slot",
  );
  if (isStreamed)
    throw fault("not-saveable", { path, reason: "it passes through the device a piece at a time" });
}

function dtypeOf({ path }: StoredSpec, storage: TensorSpec["storage"]): ElementType {
  switch (storage) {
    case "f32":
      return "F32";
    case "f16":
      return "F16";
    case "bf16":
      return "BF16";
    case "i32":
    case "u32":
      return "I32";
    case "i8":
    case "i4":
      throw fault("not-saveable", {
        path,
        reason: "it is stored in few bits, which lost the rest",
      });
  }
}
