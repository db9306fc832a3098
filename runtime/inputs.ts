import { existsSync } from "node:fs";
import type { InputForm, InputSpec } from "../compiler/artifact.ts";
import { fault } from "./faults.ts";
import { readNpyHeader, readNpyNumbers } from "./files/npy.ts";
import { assertIds } from "./id-ranges.ts";
import { readImages } from "./images/read-images.ts";
import { streamOf } from "./numbers/draws.ts";
import { uniform } from "./numbers/uniform.ts";
import { elementCount, fitsShape, shapeText, type Tensor } from "./tensor.ts";
import type { TokenizerSource } from "./text/load-tokenizer.ts";
import { readTexts, shapeOfTexts, takesText } from "./text/read-texts.ts";
import { elementTypes } from "./weights/element-types.ts";
import { readTensorNumbers, readTensorShape } from "./weights/read-tensor.ts";
import { type StoredNumbers, tensorOf } from "./weights/stored-numbers.ts";
import { parseSeed } from "./weights/weight-source.ts";

/** What a value on the command line names. */
type Named =
  | { readonly kind: "random"; readonly seed: number }
  | { readonly kind: "npy"; readonly path: string }
  | { readonly kind: "safetensors"; readonly path: string; readonly key: string }
  | { readonly kind: "images"; readonly paths: readonly string[] }
  | { readonly kind: "text"; readonly value: string };

const noTokenizer: TokenizerSource = () => {
  throw fault("no-tokenizer", { looked: undefined });
};

/**
 * Reads the value of one input: `FILE.npy`, `FILE.safetensors:tensor`, an image file (or several, joined
 * by commas, one for each position of the batch), `random:SEED`, or text where the mode reads text.
 * `onNote` hears where a file holds whole numbers of another type, which were all taken.
 */
export async function readInput(
  spec: InputSpec,
  value: string,
  tokenizer: TokenizerSource = noTokenizer,
  onNote: (note: string) => void = () => {},
): Promise<Tensor> {
  const named = parseValue(spec, value);
  return fitted(await readNamed(named, spec, tokenizer, onNote), spec);
}

/**
 * The tensor in the shape of its input: leading dimensions of size 1 may differ, all else may not. Its ids are
 * some that the program knows.
 */
export function fitted(tensor: Tensor, spec: InputSpec): Tensor {
  const { name, shape } = spec;
  const needed = shape.map(({ size }) => size);
  if (!fitsShape(tensor.shape, needed))
    throw fault("wrong-shape", { name, found: tensor.shape, needed: shapeText(shape) });
  const found = { ...tensor, shape: needed };
  assertIds(spec, found);
  return found;
}

/**
 * The shape of a value as far as it can be known before compilation, so that a file can decide the size
 * of a free axis. For images only the batch is known; `random:` has any shape.
 */
export function peekInput(
  spec: InputForm,
  value: string,
  tokenizer: TokenizerSource = noTokenizer,
): { readonly shape: readonly number[] } | { readonly batch: number } | undefined {
  const named = parseValue(spec, value);
  switch (named.kind) {
    case "random":
      return undefined;
    case "npy":
      return { shape: readNpyHeader(named.path).shape };
    case "safetensors":
      return { shape: readTensorShape(named.path, named.key) };
    case "images":
      return { batch: named.paths.length };
    case "text":
      return { shape: shapeOfTexts(spec, named.value, tokenizer) };
  }
}

function parseValue(spec: InputForm, value: string): Named {
  const { name } = spec;
  if (value.startsWith("random:")) return { kind: "random", seed: parseSeed(name, value) };
  if (value.endsWith(".npy")) return { kind: "npy", path: value };
  const tensor = /^(.*\.safetensors):(.+)$/.exec(value);
  if (tensor !== null) return { kind: "safetensors", path: tensor[1] ?? "", key: tensor[2] ?? "" };
  if (value.endsWith(".safetensors")) {
    throw fault("bad-value", {
      name,
      value,
      reason: `say which tensor of the file, \`${value}:NAME\``,
    });
  }
  if (takesText(spec)) return { kind: "text", value };
  // A comma may also be part of one name.
  const paths = existsSync(value) ? [value] : value.split(",");
  const missing = paths.find((path) => !existsSync(path));
  if (missing === undefined) return { kind: "images", paths };
  if (/[./\\]/.test(missing)) throw fault("file-missing", { path: missing });
  throw fault("bad-value", { name, value, reason: "it names no file" });
}

async function readNamed(
  named: Named,
  spec: InputSpec,
  tokenizer: TokenizerSource,
  onNote: (note: string) => void,
): Promise<Tensor> {
  switch (named.kind) {
    case "random":
      return randomInput(spec, named.seed);
    case "npy":
      return taken(readNpyNumbers(named.path), spec, onNote);
    case "safetensors":
      return taken(readTensorNumbers(named.path, named.key), spec, onNote);
    case "images":
      return readImages(named.paths, spec);
    case "text":
      return readTexts(spec, named.value, tokenizer);
  }
}

/** Real numbers in [-1, 1), whole numbers 0 and 1; the stream tells inputs of one mode apart. */
function randomInput(spec: InputSpec, seed: number): Tensor {
  const shape = spec.shape.map((dimension) => dimension.size);
  const count = elementCount(shape);
  const stream = streamOf(spec.name);
  const draw = (index: number) => uniform(stream, seed, index, 0);
  if (spec.element === "f32") {
    return {
      element: "f32",
      shape,
      data: Float32Array.from({ length: count }, (_, index) => 2 * draw(index) - 1),
    };
  }
  const bits = Int32Array.from({ length: count }, (_, index) => (draw(index) < 0.5 ? 0 : 1));
  // Ids at random have no padding among them.
  const lengths = Array<number>(elementCount(shape.slice(0, -1))).fill(shape.at(-1) ?? 1);
  return spec.element === "u32"
    ? { element: "u32", shape, lengths, data: Uint32Array.from(bits) }
    : { element: spec.element, shape, lengths, data: bits };
}

/** The numbers of a file as the input needs them. */
function taken(numbers: StoredNumbers, spec: InputSpec, onNote: (note: string) => void): Tensor {
  const { name, element } = spec;
  const tensor = tensorOf({ ...numbers, what: name }, element);
  if (!elementTypes[numbers.type].isReal && numbers.type.toLowerCase() !== element)
    onNote(
      `\`${name}\`: ${numbers.what} holds ${numbers.type}, and each of its numbers is a ${element}`,
    );
  return tensor;
}
