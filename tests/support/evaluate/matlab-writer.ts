// Files of MATLAB, level 5, as its `save` and SciPy write them: for miniatures of what is published in them.
import { deflateSync } from "node:zlib";

type Plain = number | string | readonly Plain[] | { readonly [field: string]: Plain };

/** Variables by name; lists of numbers are rows, lists of records structures, all other lists cells. */
export function matlabFile(variables: Readonly<Record<string, Plain>>, packs: boolean): Uint8Array {
  const header = Buffer.alloc(128, " ");
  header.write("MATLAB 5.0 MAT-file");
  header.writeUInt16LE(0x0100, 124);
  header.write("IM", 126);
  const parts = Object.entries(variables).map(([name, value]) => {
    const element = matrix(name, value);
    if (!packs) return element;
    const packed = deflateSync(element);
    return Buffer.concat([tag(15, packed.length), packed]);
  });
  return Uint8Array.from(Buffer.concat([header, ...parts]));
}

function tag(type: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

/** With at most four bytes of data the tag holds them, as MATLAB writes it. */
function element(type: number, data: Buffer): Buffer {
  if (data.length > 0 && data.length <= 4) {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(type, 0);
    bytes.writeUInt16LE(data.length, 2);
    data.copy(bytes, 4);
    return bytes;
  }
  const padding = Buffer.alloc((8 - (data.length % 8)) % 8);
  return Buffer.concat([tag(type, data.length), data, padding]);
}

const words = (...values: readonly number[]): Buffer => Buffer.from(Int32Array.from(values).buffer);

function matrix(name: string, value: Plain): Buffer {
  const array = (kind: number, columns: number, parts: readonly Buffer[]): Buffer => {
    const all = Buffer.concat([
      element(6, words(kind, 0)),
      element(5, words(1, columns)),
      element(1, Buffer.from(name, "latin1")),
      ...parts,
    ]);
    return Buffer.concat([tag(14, all.length), all]);
  };
  if (typeof value === "number") return matrix(name, [value]);
  if (typeof value === "string")
    return array(4, value.length, [
      element(4, Buffer.from(Uint16Array.from([...value].map(codeOf)).buffer)),
    ]);
  if (!isList(value)) return matrix(name, [value]);
  if (value.every((one) => typeof one === "number"))
    return array(9, value.length, [element(2, Buffer.from(Uint8Array.from(value)))]);
  if (value.some((one) => typeof one === "string"))
    return array(
      1,
      value.length,
      value.map((one) => matrix("", one)),
    );
  const records = value.filter((one) => typeof one === "object" && !isList(one));
  const fields = Object.keys(records[0] ?? {});
  const names = Buffer.concat(fields.map((field) => Buffer.from(field.padEnd(32, "\0"), "latin1")));
  return array(2, value.length, [
    element(5, words(32)),
    element(1, names),
    ...records.flatMap((record) => Object.values(record).map((one) => matrix("", one))),
  ]);
}

const codeOf = (character: string): number => character.charCodeAt(0);

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}
