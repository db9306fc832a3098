import { ReadableFile } from "../files/read-bytes.ts";
import { InternalError } from "../internal-error.ts";
import { elementCount, type Tensor } from "../tensor.ts";
import { elementTypes, rawArray } from "../weights/element-types.ts";
import { tensorOf } from "../weights/stored-numbers.ts";
import type { DataColumns, DataRecord, DataSource } from "./data-source.ts";
import type { ArrayIndex, StoredArray } from "./source-index.ts";

/** Records as slices of arrays. `image` and `label` are columns where they have the form of one. */
export class ArraySource implements DataSource {
  readonly path: string;
  readonly size: number;
  readonly columns: readonly string[];
  readonly hash: string;
  readonly #arrays: readonly StoredArray[];
  readonly #files = new Map<string, ReadableFile>();

  constructor({ path, size, columns, hash, arrays }: ArrayIndex) {
    this.path = path;
    this.size = size;
    this.columns = columns;
    this.hash = hash;
    this.#arrays = arrays;
  }

  record(number: number): DataRecord {
    const name = this.keyOf(number);
    const columns: { -readonly [C in keyof DataColumns]?: DataColumns[C] } = { key: name };
    const arrays: Record<string, Tensor> = {};
    for (const array of this.#arrays) {
      const bytes = this.#slice(array, number);
      const shape = array.shape.slice(1);
      const { type } = array;
      if (array.name === "image" && type === "U8" && isPicture(shape))
        columns.image = pictureOf(bytes, shape);
      const raw = rawArray(type, bytes);
      const tensor = tensorOf({ what: `${this.path}: ${array.name}`, type, shape, raw });
      arrays[array.name] = tensor;
      const [label] = tensor.data;
      const isLabel = array.name === "label" && shape.length === 0 && tensor.element !== "f32";
      if (isLabel && label !== undefined) columns.label = label;
    }
    return { name, columns, arrays };
  }

  keyOf(number: number): string {
    return `record ${number}`;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
  }

  /** The elements of one record, lowest byte first. */
  #slice({ shape, type, elements, isBigEndian }: StoredArray, number: number): Uint8Array {
    const width = elementTypes[type].bytes;
    const length = elementCount(shape.slice(1)) * width;
    const bytes = new Uint8Array(length);
    if (elements instanceof Uint8Array)
      bytes.set(elements.subarray(number * length, (number + 1) * length));
    else this.#file(elements.file).read(bytes, elements.start + number * length);
    if (isBigEndian && width > 1)
      for (let at = 0; at < length; at += width) bytes.subarray(at, at + width).reverse();
    return bytes;
  }

  #file(path: string): ReadableFile {
    const file = this.#files.get(path) ?? new ReadableFile(path);
    this.#files.set(path, file);
    return file;
  }
}

/** Rows and columns of grey, or of three colours. */
function isPicture(shape: readonly number[]): boolean {
  return shape.length === 2 || (shape.length === 3 && shape[2] === 3);
}

function pictureOf(
  data: Uint8Array,
  [height, width, colours]: readonly number[],
): DataColumns["image"] {
  if (height === undefined || width === undefined)
    throw new InternalError("a picture without sides");
  return { kind: colours === 3 ? "colour" : "grey", pixels: { width, height, data } };
}
