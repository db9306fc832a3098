import { fault } from "../faults.ts";
import type { ReadableFile } from "../files/read-bytes.ts";
import { duplicateKey } from "./duplicate-key.ts";
import { type ElementType, elementTypes, isElementType } from "./element-types.ts";

export interface TensorEntry {
  readonly key: string;
  /** Any name that the format knows; only some can be read. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** First byte in the file. */
  readonly start: number;
  readonly bytes: number;
}

interface SafetensorsHeader {
  readonly tensors: readonly TensorEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads and checks the whole header: after this every tensor can be read without a doubt about its place. */
export function readSafetensorsHeader(file: ReadableFile): SafetensorsHeader {
  const { path, size } = file;
  const broken = (reason: string) => fault("not-safetensors", { path, reason });
  if (size < 8) throw broken(`it has ${size} bytes, and the length of the header alone takes 8`);
  const lengthBytes = new Uint8Array(8);
  file.read(lengthBytes, 0);
  const length = new DataView(lengthBytes.buffer).getBigUint64(0, true);
  if (length > largestHeader)
    throw broken(`it gives its header ${length} bytes, more than ${largestHeader}`);
  const dataStart = 8 + Number(length);
  if (dataStart > size) {
    // Some other kind of file has arbitrary bytes here; a real header begins with a brace.
    const first = new Uint8Array(1);
    if (size > 8) file.read(first, 8);
    if (first[0] !== brace) throw broken("it does not start with the length of a JSON header");
    throw fault("file-truncated", { path, found: size, needed: dataStart });
  }
  const headerBytes = new Uint8Array(Number(length));
  file.read(headerBytes, 8);
  const json = parseObject(headerBytes, broken);
  const tensors: TensorEntry[] = [];
  let metadata: Readonly<Record<string, string>> = {};
  for (const [key, value] of Object.entries(json)) {
    if (key === "__metadata__") metadata = checkMetadata(value, broken);
    else tensors.push(checkEntry(key, value, dataStart, broken));
  }
  checkPlaces(tensors, dataStart, file, broken);
  return { tensors, metadata };
}

type Broken = (reason: string) => Error;

/** The headers of the largest models have a few megabytes; all of it is held in memory. */
const largestHeader = 25_000_000n;
const brace = 0x7b;

function parseObject(bytes: Uint8Array, broken: Broken): Record<string, unknown> {
  let parsed: unknown;
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    parsed = JSON.parse(text);
  } catch (error) {
    throw broken(
      `its header is not JSON (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  if (!isRecord(parsed)) throw broken("its header is not a JSON object");
  const twice = duplicateKey(text);
  if (twice !== undefined) throw broken(`its header gives \`${twice}\` twice`);
  return parsed;
}

function checkMetadata(value: unknown, broken: Broken): Readonly<Record<string, string>> {
  if (!isRecord(value)) throw broken("its `__metadata__` is not an object of texts");
  const metadata: Record<string, string> = {};
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string")
      throw broken(`its \`__metadata__\` has \`${key}\`, which is no text`);
    metadata[key] = text;
  }
  return metadata;
}

/** Types that the format knows and we do not read; their sizes are in bits. */
const otherBits: Readonly<Record<string, number>> = {
  U16: 16,
  U32: 32,
  U64: 64,
  C64: 64,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F4: 4,
};

function checkEntry(key: string, value: unknown, dataStart: number, broken: Broken): TensorEntry {
  if (!isRecord(value)) throw broken(`the entry of \`${key}\` is not an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string") throw broken(`\`${key}\` has no dtype`);
  const bits = isElementType(dtype)
    ? elementTypes[dtype].bytes * 8
    : Object.hasOwn(otherBits, dtype)
      ? otherBits[dtype]
      : undefined;
  if (bits === undefined) throw broken(`\`${key}\` has the unknown dtype ${JSON.stringify(dtype)}`);
  if (!isSizes(shape)) throw broken(`the shape of \`${key}\` is not a list of whole numbers`);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw broken(`the data_offsets of \`${key}\` are not two whole numbers`);
  const [from = 0, to = 0] = offsets;
  const bytes = (shape.reduce((product, size) => product * size, 1) * bits) / 8;
  if (to - from !== bytes) {
    throw broken(
      `\`${key}\` is ${dtype} [${shape.join(", ")}], ${bytes} bytes, and its data_offsets span ${to - from}`,
    );
  }
  return { key, dtype, shape, start: dataStart + from, bytes };
}

/** The tensors lie side by side from the first byte of the data to the last, in any order. */
function checkPlaces(
  tensors: readonly TensorEntry[],
  dataStart: number,
  file: ReadableFile,
  broken: Broken,
): void {
  const inOrder = tensors.toSorted(
    (left, right) => left.start - right.start || left.bytes - right.bytes,
  );
  let end = dataStart;
  let last: TensorEntry | undefined;
  for (const tensor of inOrder) {
    if (last !== undefined && tensor.start < end)
      throw broken(`\`${last.key}\` and \`${tensor.key}\` overlap`);
    if (tensor.start > end)
      throw broken(`${tensor.start - end} bytes before \`${tensor.key}\` belong to no tensor`);
    end = tensor.start + tensor.bytes;
    last = tensor;
  }
  if (end > file.size)
    throw fault("file-truncated", { path: file.path, found: file.size, needed: end });
  if (end < file.size) throw broken(`${file.size - end} bytes at its end belong to no tensor`);
}

/** The element type, or a fault where the tensor cannot be read. */
export function readableType(tensor: TensorEntry, path: string): ElementType {
  if (isElementType(tensor.dtype)) return tensor.dtype;
  throw fault("tensor-unusable", {
    path,
    key: tensor.key,
    reason: `its elements are ${tensor.dtype}`,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}
