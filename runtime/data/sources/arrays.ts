import { createHash } from "node:crypto";
import { basename, extname } from "node:path";
import { fault } from "../../faults.ts";
import { identityOf } from "../../files/file-hash.ts";
import { readNpyHeader } from "../../files/npy.ts";
import { Checkpoint } from "../../weights/checkpoint.ts";
import { readableType } from "../../weights/safetensors-header.ts";
import type { ArrayIndex, StoredArray } from "../source-index.ts";
import type { IndexRequest } from "./index-request.ts";

export function isArrayFile(name: string): boolean {
  return [".npy", ".safetensors"].includes(extname(name));
}

/**
 * Arrays whose first axis is the record: `.npy` files by their names, tensors of `.safetensors` files by theirs.
 *
 * @throws {RuntimeFault} `data-unknown-form` where they have not the same length.
 */
export function indexArrays({ path, split }: IndexRequest, files: readonly string[]): ArrayIndex {
  if (split !== undefined) throw fault("data-empty", { path, split, splits: [] });
  const arrays = files.flatMap((file) =>
    file.endsWith(".npy") ? [npyArray(file)] : tensorsOf(file),
  );
  const hash = createHash("sha256");
  for (const file of files) hash.update(identityOf(file).sha256);
  return arrayIndex(path, arrays, hash.digest("hex"));
}

/** The index of arrays that have one length. */
export function arrayIndex(path: string, arrays: readonly StoredArray[], hash: string): ArrayIndex {
  const [first] = arrays;
  const size = first?.shape[0] ?? 0;
  const odd = arrays.find(({ shape }) => shape[0] !== size);
  if (first !== undefined && odd !== undefined) {
    const reason = `\`${first.name}\` has ${size} records, and \`${odd.name}\` ${odd.shape[0] ?? "no axis of them"}`;
    throw fault("data-unknown-form", { path, reason });
  }
  if (size === 0) throw fault("data-empty", { path, split: undefined, splits: [] });
  const columns = arrays.map(({ name }) => name).toSorted();
  return { kind: "arrays", path, size, columns, hash, arrays };
}

function npyArray(file: string): StoredArray {
  const { type, shape, isFortranOrder, dataStart } = readNpyHeader(file);
  if (isFortranOrder && shape.length > 1) {
    const reason = "its elements are in Fortran order, so that no record lies in one place";
    throw fault("not-npy", { path: file, reason });
  }
  const elements = { file, start: dataStart };
  return { name: basename(file, ".npy"), type, shape, elements, isBigEndian: false };
}

function tensorsOf(path: string): readonly StoredArray[] {
  const file = Checkpoint.open(path);
  try {
    return [...file.tensors.values()].map((tensor) => ({
      name: tensor.key,
      type: readableType(tensor, path),
      shape: tensor.shape,
      elements: { file: tensor.file.path, start: tensor.start },
      isBigEndian: false,
    }));
  } finally {
    file.close();
  }
}
