import { fault } from "../faults.ts";
import type { StoredTensor } from "./checkpoint.ts";
import { type ElementType, elementTypes } from "./element-types.ts";
import { readableType } from "./safetensors-header.ts";

/** The elements of one parameter in row-major order, wherever they come from, read piece by piece. */
export interface ElementSource {
  readonly type: ElementType;
  readonly count: number;
  /** Fills `target` with elements from number `start` on, as many as fit. */
  read(target: Uint8Array, start: number): void;
}

/** A tensor of a file, or the elements from `first` on. */
export function storedElements(tensor: StoredTensor, first = 0, count?: number): ElementSource {
  const type = readableType(tensor, tensor.file.path);
  const size = elementTypes[type].bytes;
  return {
    type,
    count: count ?? tensor.bytes / size - first,
    read: (target, start) => tensor.file.read(target, tensor.start + (first + start) * size),
  };
}

/** One after the other: tensors joined along their first dimension. */
export function joinedElements(
  sources: readonly ElementSource[],
  path: string,
  key: string,
): ElementSource {
  const type = sources[0]?.type ?? "F32";
  if (sources.some((source) => source.type !== type)) {
    throw fault("tensor-unusable", {
      path,
      key,
      reason: "the tensors to be joined have different element types",
    });
  }
  const size = elementTypes[type].bytes;
  return {
    type,
    count: sources.reduce((total, source) => total + source.count, 0),
    read(target, start) {
      let begin = 0;
      let done = 0;
      for (const source of sources) {
        const from = Math.max(0, start + done / size - begin);
        if (from < source.count && done < target.length) {
          const bytes = Math.min(target.length - done, (source.count - from) * size);
          source.read(target.subarray(done, done + bytes), from);
          done += bytes;
        }
        begin += source.count;
      }
    },
  };
}

/** The elements from `first` on, as if there were no others. */
export function slicedElements(
  source: ElementSource,
  { first, count }: { readonly first: number; readonly count: number },
): ElementSource {
  return { type: source.type, count, read: (target, start) => source.read(target, first + start) };
}

/** Elements that already lie in memory. */
export function elementsInMemory(numbers: Float32Array): ElementSource {
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return {
    type: "F32",
    count: numbers.length,
    read: (target, start) => target.set(bytes.subarray(start * 4, start * 4 + target.length)),
  };
}

/**
 * The transposed of a matrix of `rows` by `columns`: its columns as lines, one after the other. They are
 * made in memory: all of them where that is not too much, so that the file is read from front to back,
 * else a band of lines at a time, which is kept for the next read.
 */
export function transposedElements(
  source: ElementSource,
  rows: number,
  columns: number,
): TransposedSource {
  const size = elementTypes[source.type].bytes;
  const line = rows * size;
  const isSmall = columns * line <= wholeBytes;
  const perBand = isSmall ? columns : Math.max(1, Math.floor(bandBytes / line));
  const own: Band = { from: 0, to: 0 };
  const readBand = (from: number): void => {
    own.from = from;
    own.to = Math.min(columns, from + perBand);
    const segment = (own.to - from) * size;
    const rowsAtOnce = Math.min(rows, Math.max(1, Math.floor(bandBytes / segment)));
    const bytes = claimMemory(own, (own.to - from) * line, rowsAtOnce * segment);
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - row);
      const block = memory.block.subarray(0, count * segment);
      if (segment === columns * size) source.read(block, row * columns);
      else {
        for (let n = 0; n < count; n++)
          source.read(block.subarray(n * segment, (n + 1) * segment), (row + n) * columns + from);
      }
      const words = wordArray(bytes, size).subarray(row);
      transpose(wordArray(block, size), words, count, own.to - from, rows);
    }
  };
  return {
    type: source.type,
    count: source.count,
    transposedOf: { source, rows, columns },
    read(target, start) {
      for (let done = 0; done < target.length; ) {
        const element = start + done / size;
        const column = Math.floor(element / rows);
        if (memory.owner !== own || column < own.from || column >= own.to) readBand(column);
        const offset = element * size - own.from * line;
        const bytes = Math.min(target.length - done, (own.to - own.from) * line - offset);
        target.set(memory.lines.subarray(offset, offset + bytes), done);
        done += bytes;
      }
    },
  };
}

/** Columns of a matrix that lie as lines in memory. */
interface Band {
  from: number;
  to: number;
}

/** One for all matrices, of which one at a time is being read: whoever finds another owner reads again. */
const memory: { owner: Band | undefined; lines: Uint8Array; block: Uint8Array } = {
  owner: undefined,
  lines: new Uint8Array(0),
  block: new Uint8Array(0),
};

function claimMemory(owner: Band, lineBytes: number, blockBytes: number): Uint8Array {
  memory.owner = owner;
  if (memory.lines.length < lineBytes) memory.lines = new Uint8Array(lineBytes);
  if (memory.block.length < blockBytes) memory.block = new Uint8Array(blockBytes);
  return memory.lines.subarray(0, lineBytes);
}

interface TransposedSource extends ElementSource {
  /** Transposing again is reading the original. */
  readonly transposedOf: {
    readonly source: ElementSource;
    readonly rows: number;
    readonly columns: number;
  };
}

export function isTransposed(source: ElementSource): source is TransposedSource {
  return "transposedOf" in source;
}

/** Small reads from all over a file take many times as long as one after the other. */
const wholeBytes = 96 * 1024 * 1024;
/** Larger bands fall out of the cache, smaller ones make many small reads of the file. */
const bandBytes = 16 * 1024 * 1024;

type Words = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

function wordArray(bytes: Uint8Array, size: number): Words {
  if (size === 4) return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  if (size === 2) return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  if (size === 8) return new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  return bytes;
}

/** Wide enough to use a whole cache line of the source, small enough to keep the lines written in the cache. */
const blockSize = 64;

/** Lines of `to` are `length` long; `rows` elements of each are written. */
function transpose(from: Words, to: Words, rows: number, columns: number, length: number): void {
  // Both are of one kind; the elements only move, so which kind it is does not matter.
  const source = from as Uint32Array;
  const target = to as Uint32Array;
  for (let columnStart = 0; columnStart < columns; columnStart += blockSize) {
    const columnEnd = Math.min(columns, columnStart + blockSize);
    for (let rowStart = 0; rowStart < rows; rowStart += blockSize) {
      const rowEnd = Math.min(rows, rowStart + blockSize);
      for (let column = columnStart; column < columnEnd; column++) {
        const line = column * length;
        for (let row = rowStart; row < rowEnd; row++)
          target[line + row] = source[row * columns + column] as number;
      }
    }
  }
}
