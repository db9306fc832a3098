// MATLAB's files of level 5: numbers, texts, cells and structures, as annotations are published in.
import { inflateSync } from "node:zlib";
import { fault } from "../../faults.ts";
import { readWhole } from "../../files/read-bytes.ts";

/** A value of such a file. Arrays are column-major, as there. */
export type MatlabValue =
  | { readonly kind: "numbers"; readonly numbers: readonly number[] }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "cells"; readonly cells: readonly MatlabValue[] }
  | { readonly kind: "records"; readonly records: readonly ReadonlyMap<string, MatlabValue>[] };

const largestFile = 1 << 27;
const headerBytes = 128;

/** Numbers of the elements of a file. */
const typeOf = { text8: 1, matrix: 14, compressed: 15 } as const;
/** Classes of arrays; those from 6 to 15 are numbers. */
const classOf = { cell: 1, record: 2, character: 4, firstNumber: 6, lastNumber: 15 } as const;

type Reader = (view: DataView, at: number, isLittle: boolean) => number;
const readers: Readonly<Record<number, readonly [bytes: number, read: Reader]>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, isLittle) => view.getInt16(at, isLittle)],
  4: [2, (view, at, isLittle) => view.getUint16(at, isLittle)],
  5: [4, (view, at, isLittle) => view.getInt32(at, isLittle)],
  6: [4, (view, at, isLittle) => view.getUint32(at, isLittle)],
  7: [4, (view, at, isLittle) => view.getFloat32(at, isLittle)],
  9: [8, (view, at, isLittle) => view.getFloat64(at, isLittle)],
  16: [1, (view, at) => view.getUint8(at)],
  17: [2, (view, at, isLittle) => view.getUint16(at, isLittle)],
};

/**
 * The variables of a file by name.
 *
 * @throws {RuntimeFault} `data-wrong` where it is no such file, is cut off, or holds what is none of the four kinds.
 */
export function readMatlab(path: string): ReadonlyMap<string, MatlabValue> {
  const bytes = readWhole(path, largestFile);
  const mark = String.fromCharCode(...bytes.subarray(126, 128));
  if (mark !== "IM" && mark !== "MI") throw wrong(path, "it is no MATLAB file of level 5");
  const found = new Map<string, MatlabValue>();
  const file = { path, isLittle: mark === "IM" };
  try {
    for (const element of elementsOf(bytes.subarray(headerBytes), file)) {
      const { name, value } = arrayOf(unpacked(element, file), file);
      found.set(name, value);
    }
  } catch (error) {
    // Views end where the file does.
    if (error instanceof RangeError) throw wrong(path, "it is cut off");
    throw error;
  }
  return found;
}

interface MatlabFile {
  readonly path: string;
  readonly isLittle: boolean;
}

interface Element {
  readonly type: number;
  readonly data: Uint8Array;
}

/** Elements behind each other: a tag of eight bytes, or of four for at most four bytes of data; all but packed ones fill up to eight. */
function* elementsOf(bytes: Uint8Array, { isLittle }: MatlabFile): Generator<Element> {
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; ) {
    const word = view.getUint32(at, isLittle);
    const isSmall = word >>> 16 !== 0;
    const type = isSmall ? word & 0xffff : word;
    const length = isSmall ? word >>> 16 : view.getUint32(at + 4, isLittle);
    const start = at + (isSmall ? 4 : 8);
    if (start + length > bytes.length) throw new RangeError("cut off");
    yield { type, data: bytes.subarray(start, start + length) };
    const end = start + length;
    at = isSmall ? at + 8 : type === typeOf.compressed ? end : Math.ceil(end / 8) * 8;
  }
}

function unpacked(element: Element, file: MatlabFile): Element {
  if (element.type !== typeOf.compressed) return element;
  try {
    const [inner] = elementsOf(inflateSync(element.data, { maxOutputLength: largestFile }), file);
    if (inner !== undefined) return inner;
  } catch (error) {
    if (error instanceof RangeError) throw error;
  }
  throw wrong(file.path, "a part of it cannot be unpacked");
}

function arrayOf(
  { type, data }: Element,
  file: MatlabFile,
): { readonly name: string; readonly value: MatlabValue } {
  if (type !== typeOf.matrix) throw wrong(file.path, `it has an element of type ${type}`);
  const [flags, sizes, name, ...parts] = elementsOf(data, file);
  // What is empty may have nothing at all.
  if (flags === undefined) return { name: "", value: { kind: "numbers", numbers: [] } };
  const kind = viewOf(flags.data).getUint32(0, file.isLittle) & 0xff;
  const count = numbersOf(sizes, file).reduce((product, size) => product * size, 1);
  return { name: latin(name), value: valueIn(kind, count, parts, file) };
}

function valueIn(
  kind: number,
  count: number,
  parts: readonly Element[],
  file: MatlabFile,
): MatlabValue {
  if (kind === classOf.character) {
    const codes = numbersOf(parts[0], file);
    return { kind: "text", text: String.fromCharCode(...codes) };
  }
  if (kind === classOf.cell)
    return { kind: "cells", cells: parts.map((part) => arrayOf(part, file).value) };
  if (kind === classOf.record) {
    const [width, names, ...values] = parts;
    const length = numbersOf(width, file)[0] ?? 1;
    const all = latin(names);
    const fields = Array.from({ length: Math.floor(all.length / length) }, (_, index) =>
      all.slice(index * length, (index + 1) * length).replace(/\0.*$/, ""),
    );
    const records = Array.from({ length: count }, (_, record) => {
      const own = values.slice(record * fields.length, (record + 1) * fields.length);
      return new Map(
        own.map((part, index) => [fields[index] ?? "", arrayOf(part, file).value] as const),
      );
    });
    return { kind: "records", records };
  }
  if (kind >= classOf.firstNumber && kind <= classOf.lastNumber)
    return { kind: "numbers", numbers: numbersOf(parts[0], file) };
  throw wrong(file.path, `it has an array of class ${kind}`);
}

/** Numbers may be stored as a shorter type than that of their array. */
function numbersOf(element: Element | undefined, { path, isLittle }: MatlabFile): number[] {
  if (element === undefined) return [];
  const [bytes, read] = readers[element.type] ?? [];
  if (bytes === undefined || read === undefined)
    throw wrong(path, `it has numbers of type ${element.type}`);
  const view = viewOf(element.data);
  return Array.from({ length: element.data.length / bytes }, (_, index) =>
    read(view, index * bytes, isLittle),
  );
}

function latin(element: Element | undefined): string {
  return String.fromCharCode(...(element?.data ?? []));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function wrong(file: string, reason: string) {
  return fault("data-wrong", { file, place: "", reason });
}
