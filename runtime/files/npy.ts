import { fault } from "../faults.ts";
import type { Tensor } from "../tensor.ts";
import { elementCount } from "../tensor.ts";
import {
  type ElementType,
  elementTypes,
  type RawArray,
  rawArray,
} from "../weights/element-types.ts";
import { type StoredNumbers, tensorOf } from "../weights/stored-numbers.ts";
import { writeAtomically } from "./atomic-write.ts";
import { ReadableFile } from "./read-bytes.ts";

/** What the header of a `.npy` file says. */
interface NpyHeader {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly isFortranOrder: boolean;
  readonly dataStart: number;
}

/** Reads a whole `.npy` file: real numbers as f32, whole numbers as i32 or u32, truth values as bool. */
export function readNpy(path: string): Tensor {
  return tensorOf(readNpyNumbers(path));
}

/** Reads the elements of a `.npy` file as they are, in row-major order. */
export function readNpyNumbers(path: string): StoredNumbers {
  const file = new ReadableFile(path);
  try {
    const header = parseHeader(file);
    const { type, shape, isFortranOrder, dataStart } = header;
    const needed = dataStart + elementCount(shape) * elementTypes[type].bytes;
    if (needed > file.size) throw fault("file-truncated", { path, found: file.size, needed });
    const bytes = new Uint8Array(needed - dataStart);
    file.read(bytes, dataStart);
    const raw = rawArray(type, bytes);
    const order = isFortranOrder ? rowMajorOrder(shape) : undefined;
    return { what: path, type, shape, raw: reorder(raw, order) };
  } finally {
    file.close();
  }
}

/** Shape and type without the elements. */
export function readNpyHeader(path: string): NpyHeader {
  const file = new ReadableFile(path);
  try {
    return parseHeader(file);
  } finally {
    file.close();
  }
}

/** Writes version 1.0: `<f4`, `<i4`, `<u4` or `|b1`. */
export function writeNpy(path: string, tensor: Tensor): void {
  const [descr, bytes] = elementBytes(tensor);
  const sizes = tensor.shape.length === 1 ? `${tensor.shape[0]},` : tensor.shape.join(", ");
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // The elements start at a multiple of 64 bytes; the header ends in a new line.
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64 - 10;
  const head = new Uint8Array(10 + length);
  head.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, length & 0xff, length >> 8]);
  head.set(new TextEncoder().encode(`${dictionary.padEnd(length - 1)}\n`), 10);
  writeAtomically(path, [head, bytes]);
}

function elementBytes({ element, data }: Tensor): [string, Uint8Array] {
  if (element === "bool") return ["|b1", Uint8Array.from(data, (value) => (value === 0 ? 0 : 1))];
  return [
    { f32: "<f4", i32: "<i4", u32: "<u4" }[element],
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  ];
}

const typeOfDescr: Readonly<Record<string, ElementType>> = {
  f8: "F64",
  f4: "F32",
  f2: "F16",
  i8: "I64",
  i4: "I32",
  i2: "I16",
  i1: "I8",
  u8: "U64",
  u4: "U32",
  u2: "U16",
  u1: "U8",
  b1: "BOOL",
};

function parseHeader(file: ReadableFile): NpyHeader {
  const { path, size } = file;
  const broken = (reason: string) => fault("not-npy", { path, reason });
  if (size < 10) throw broken(`it has only ${size} bytes`);
  const start = new Uint8Array(Math.min(size, 12));
  file.read(start, 0);
  const view = new DataView(start.buffer);
  if (start[0] !== 0x93 || new TextDecoder().decode(start.subarray(1, 6)) !== "NUMPY") {
    throw broken("it does not start with \\x93NUMPY");
  }
  const version = start[6] ?? 0;
  if (version < 1 || version > 3 || (version > 1 && size < 12))
    throw broken(`its version ${version} is unknown`);
  const textStart = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (textStart + length > size)
    throw fault("file-truncated", { path, found: size, needed: textStart + length });
  const text = new Uint8Array(length);
  file.read(text, textStart);
  const dictionary = new TextDecoder("utf-8").decode(text);
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(dictionary)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(dictionary)?.[1];
  const sizes = /'shape'\s*:\s*\(([^)]*)\)/.exec(dictionary)?.[1];
  if (descr === undefined || order === undefined || sizes === undefined)
    throw broken("its header lacks descr, fortran_order or shape");
  const shape = sizes
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(Number);
  if (!shape.every((each) => Number.isSafeInteger(each) && each >= 0))
    throw broken(`its shape (${sizes}) is not one`);
  if (descr.startsWith(">")) throw broken(`its elements are big-endian (${descr})`);
  const code = descr.slice(1);
  const type = Object.hasOwn(typeOfDescr, code) ? typeOfDescr[code] : undefined;
  if (type === undefined || !"<|=".includes(descr[0] ?? " "))
    throw broken(`its element type ${descr} is not read`);
  return { type, shape, isFortranOrder: order === "True", dataStart: textStart + length };
}

/** For each element in row-major order, its place in column-major order. */
function rowMajorOrder(shape: readonly number[]): Uint32Array {
  const order = new Uint32Array(elementCount(shape));
  const strides = shape.map((_, axis) => elementCount(shape.slice(0, axis)));
  const at = shape.map(() => 0);
  for (let index = 0; index < order.length; index++) {
    order[index] = at.reduce((sum, position, axis) => sum + position * (strides[axis] ?? 0), 0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at[axis] = (at[axis] ?? 0) + 1;
      if ((at[axis] ?? 0) < (shape[axis] ?? 0)) break;
      at[axis] = 0;
    }
  }
  return order;
}

function reorder(data: RawArray, order: Uint32Array | undefined): RawArray {
  if (order === undefined) return data;
  const moved = data.slice();
  // Both are of one kind; the elements only move, so which kind it is does not matter.
  const [from, to] = [data as Float64Array, moved as Float64Array];
  for (let index = 0; index < order.length; index++) to[index] = from[order[index] ?? 0] as number;
  return moved;
}
