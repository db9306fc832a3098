import type { TensorSpec } from "../../compiler/artifact.ts";
import { encodeInto, storageBytes } from "../execute/storage.ts";
import { fault } from "../faults.ts";
import { InternalError } from "../internal-error.ts";
import { halfOfBrainTable } from "../numbers/half.ts";
import { chunkBytes } from "../stored/uploader.ts";
import { type ElementSource, isTransposed, transposedElements } from "./element-source.ts";
import { elementTypes, rawArray, realNumbers, wholeNumbers } from "./element-types.ts";
import { type Interleaved, interleave } from "./interleave.ts";

/** A piece of a tensor as the device stores it. `bytes` is a multiple of 4, and so is `offset`. */
interface PackedPiece {
  readonly offset: number;
  readonly bytes: number;
  fill(target: Uint8Array): void;
}

/** Names for faults. */
export interface Origin {
  readonly path: string;
  readonly key: string;
}

/** Cuts a tensor into pieces of at most a chunk, converted and packed as the plan says. */
export function* packTensor(
  source: ElementSource,
  tensor: TensorSpec,
  origin: Origin,
): Generator<PackedPiece> {
  const { packing } = tensor;
  if (packing.kind === "row-major") yield* packRows(source, tensor, origin);
  else if (packing.kind === "transposed") yield* packLines(source, tensor, packing, origin);
  else yield* packBlocks(source, tensor, packing, origin);
}

function* packRows(
  source: ElementSource,
  tensor: TensorSpec,
  origin: Origin,
): Generator<PackedPiece> {
  const size = storageBytes(tensor.storage);
  const perPiece = Math.floor(chunkBytes / Math.max(size, elementTypes[source.type].bytes) / 2) * 2;
  for (let start = 0; start < source.count; start += perPiece) {
    const count = Math.min(perPiece, source.count - start);
    yield {
      offset: start * size,
      bytes: wholeWords(count * size),
      fill(target) {
        target.fill(0, count * size);
        convert(source, start, count, tensor, target, 0, origin);
      },
    };
  }
}

/** Lines are columns of the stored matrix; several make a piece. */
function* packLines(
  source: ElementSource,
  tensor: TensorSpec,
  { rows, columns, stride }: { rows: number; columns: number; stride: number },
  origin: Origin,
): Generator<PackedPiece> {
  const size = storageBytes(tensor.storage);
  const lineBytes = stride * size;
  if (lineBytes > chunkBytes)
    throw new InternalError(`a line of ${tensor.name} takes ${lineBytes} bytes, more than a chunk`);
  const lines = linesOf(source, rows, columns);
  const perPiece =
    lineBytes % 4 === 0
      ? Math.floor(chunkBytes / lineBytes)
      : Math.floor(chunkBytes / lineBytes / 2) * 2;
  for (let from = 0; from < columns; from += perPiece) {
    const to = Math.min(columns, from + perPiece);
    yield {
      offset: from * lineBytes,
      bytes: wholeWords((to - from) * lineBytes),
      fill(target) {
        if (stride !== rows) target.fill(0);
        else target.fill(0, (to - from) * lineBytes);
        for (let line = from; line < to; line++) {
          convert(lines, line * rows, rows, tensor, target, (line - from) * lineBytes, origin);
        }
      },
    };
  }
}

/** Blocks of interleaved lines; several make a piece, which the source has in one stretch too. */
function* packBlocks(
  source: ElementSource,
  tensor: TensorSpec,
  packing: Interleaved,
  origin: Origin,
): Generator<PackedPiece> {
  const size = storageBytes(tensor.storage);
  const block = packing.lines * packing.columns;
  const largest = block * Math.max(size, elementTypes[source.type].bytes);
  if (largest > chunkBytes)
    throw new InternalError(`${packing.lines} lines of ${tensor.name} take more than a chunk`);
  const perPiece = Math.floor(chunkBytes / largest) * block;
  for (let start = 0; start < source.count; start += perPiece) {
    const count = Math.min(perPiece, source.count - start);
    const bytes = count * size;
    yield {
      offset: start * size,
      bytes,
      fill(target) {
        if (rows.length < bytes) rows = new Uint8Array(bytes);
        rows.fill(0, 0, bytes);
        convert(source, start, count, tensor, rows, 0, origin);
        interleave(rows.subarray(0, bytes), target, packing, size);
      },
    };
  }
}

let rows = new Uint8Array(0);

/** The matrix as lines one after the other: what the file holds, where it holds the transposed. */
function linesOf(source: ElementSource, rows: number, columns: number): ElementSource {
  if (isTransposed(source)) {
    const { transposedOf } = source;
    if (transposedOf.rows === columns && transposedOf.columns === rows) return transposedOf.source;
  }
  return transposedElements(source, rows, columns);
}

let scratch = new Uint8Array(0);

/** Elements as the storage wants them, at `offset` of `target`. */
function convert(
  source: ElementSource,
  start: number,
  count: number,
  tensor: TensorSpec,
  target: Uint8Array,
  offset: number,
  origin: Origin,
): void {
  const { storage } = tensor;
  if (isStoredAlike(source.type, storage)) {
    source.read(target.subarray(offset, offset + count * storageBytes(storage)), start);
    return;
  }
  const bytes = count * elementTypes[source.type].bytes;
  if (scratch.length < bytes) scratch = new Uint8Array(wholeWords(bytes) + 4);
  const raw = scratch.subarray(0, bytes);
  source.read(raw, start);
  if (source.type === "BF16" && storage === "f16") {
    const halves = new Uint16Array(target.buffer, target.byteOffset + offset, count);
    const half = halfOfBrainTable();
    const words = new Uint16Array(raw.buffer, raw.byteOffset, count);
    for (let index = 0; index < count; index++) halves[index] = half[words[index] ?? 0] ?? 0;
    return;
  }
  const numbers = rawArray(source.type, raw);
  if (storage === "i32" || storage === "u32") {
    const whole = wholeNumbers(source.type, numbers, storage === "u32");
    if (whole === undefined) {
      throw fault("tensor-unusable", {
        ...origin,
        reason: `its ${source.type} elements are not all whole numbers of 32 bits`,
      });
    }
    encodeInto(target, offset, whole, storage);
    return;
  }
  encodeInto(target, offset, realNumbers(source.type, numbers), storage);
}

function isStoredAlike(type: ElementSource["type"], storage: TensorSpec["storage"]): boolean {
  return type.toLowerCase() === storage;
}

function wholeWords(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
