import { createHash } from "node:crypto";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { fault } from "../../faults.ts";
import { readWhole } from "../../files/read-bytes.ts";
import { elementCount } from "../../tensor.ts";
import { type ElementType, elementTypes } from "../../weights/element-types.ts";
import type { ArrayIndex, StoredArray } from "../source-index.ts";
import { arrayIndex } from "./arrays.ts";
import type { IndexRequest } from "./index-request.ts";

/** MNIST's names: `train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte.gz`, `train-images.idx3-ubyte`. */
const idxName = /^(?:(.+)[-.])?(images|labels)[-.]idx\d-\w+?(?:\.gz)?$/;

export function hasIdx(files: readonly string[]): boolean {
  return files.some((name) => idxName.test(name));
}

/**
 * Images and labels as MNIST has them. The split is what their names begin with: `train`, `test` (or `t10k`, which means
 * the same); without one it is `train`, where there are several.
 *
 * @throws {RuntimeFault} `data-empty`, `data-unknown-form`.
 */
export function indexIdx(
  request: IndexRequest,
  folder: string,
  files: readonly string[],
): ArrayIndex {
  const hash = createHash("sha256");
  const arrays = idxFilesOf(request, files).map(({ file, what }) => {
    const array = readIdx(join(folder, file), what === "images" ? "image" : "label");
    if (array.elements instanceof Uint8Array) hash.update(array.elements);
    return array;
  });
  return arrayIndex(request.path, arrays, hash.digest("hex"));
}

/** The files of the split that is asked for, each with what it holds: `images` or `labels`. */
export function idxFilesOf(
  { path, split }: IndexRequest,
  files: readonly string[],
): readonly { readonly file: string; readonly what: string }[] {
  const found = files.flatMap((file) => {
    const [, prefix = "", what] = idxName.exec(file) ?? [];
    return what === undefined ? [] : [{ file, what, split: prefix === "t10k" ? "test" : prefix }];
  });
  const splits = [...new Set(found.map((one) => one.split))];
  const wanted = split ?? (splits.length > 1 && splits.includes("train") ? "train" : splits[0]);
  const own = found.filter((one) => one.split === wanted);
  if (own.length === 0) throw fault("data-empty", { path, split: wanted, splits });
  return own;
}

/** A whole file, in memory that threads share: its form is that of the days when such files were small. */
function readIdx(path: string, name: string): StoredArray {
  const wrong = (reason: string) => fault("data-unknown-form", { path, reason });
  const stored = readWhole(path, largestFile);
  const bytes = path.endsWith(".gz") ? unpacked(stored, wrong) : stored;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = bytes.length < 4 ? undefined : idxTypes[bytes[2] ?? 0];
  const rank = bytes[3] ?? 0;
  const start = 4 + 4 * rank;
  if (type === undefined || bytes[0] !== 0 || bytes[1] !== 0 || bytes.length < start)
    throw wrong("it does not begin as IDX files do");
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const needed = start + elementCount(shape) * elementTypes[type].bytes;
  if (bytes.length !== needed)
    throw wrong(`it has ${bytes.length} bytes, and its shape needs ${needed}`);
  const elements = new Uint8Array(new SharedArrayBuffer(needed - start));
  elements.set(bytes.subarray(start));
  return { name, type, shape, elements, isBigEndian: true };
}

function unpacked(bytes: Uint8Array, wrong: (reason: string) => Error): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: largestFile });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

const idxTypes: Readonly<Record<number, ElementType>> = {
  8: "U8",
  9: "I8",
  11: "I16",
  12: "I32",
  13: "F32",
  14: "F64",
};
const largestFile = 1 << 30;
