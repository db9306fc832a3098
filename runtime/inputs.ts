import { existsSync } from "node:fs";
import type { InputSpec } from "../compiler/artifact.ts";
import { fault } from "./faults.ts";
import { readNpy, readNpyHeader } from "./files/npy.ts";
import { readImages } from "./images/read-images.ts";
import { uniform } from "./numbers/uniform.ts";
import { elementCount, fitsShape, shapeText, type Tensor } from "./tensor.ts";
import type { TokenizerSource } from "./text/load-tokenizer.ts";
import { readTexts, shapeOfTexts, takesText } from "./text/read-texts.ts";
import { readTensor, readTensorShape } from "./weights/read-tensor.ts";
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
 */
export async function readInput(
  spec: InputSpec,
  value: string,
  tokenizer: TokenizerSource = noTokenizer,
): Promise<Tensor> {
  const named = parseValue(spec, value);
  const tensor = await readNamed(named, spec, tokenizer);
  const needed = spec.shape.map((dimension) => dimension.size);
  if (!fitsShape(tensor.shape, needed)) {
    throw fault("wrong-shape", {
      name: spec.name,
      found: tensor.shape,
      needed: shapeText(spec.shape),
    });
  }
  return withElement(tensor, spec, needed);
}

/**
 * The shape of a value as far as it can be known before compilation, so that a file can decide the size
 * of a free axis. For images only the batch is known; `random:` has any shape.
 */
export function peekInput(
  spec: InputSpec,
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

function parseValue(spec: InputSpec, value: string): Named {
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
): Promise<Tensor> {
  switch (named.kind) {
    case "random":
      return randomInput(spec, named.seed);
    case "npy":
      return readNpy(named.path);
    case "safetensors":
      return readTensor(named.path, named.key);
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
  const stream = [...spec.name].reduce(
    (hash, character) => Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0,
    0x811c9dc5,
  );
  const draw = (index: number) => uniform(stream, seed, index, 0);
  if (spec.element === "f32") {
    return {
      element: "f32",
      shape,
      data: Float32Array.from({ length: count }, (_, index) => 2 * draw(index) - 1),
    };
  }
  return {
    element: spec.element,
    shape,
    data: Int32Array.from({ length: count }, (_, index) => (draw(index) < 0.5 ? 0 : 1)),
  };
}

/** Files hold few kinds of whole numbers, so those may serve as truth values and as real numbers. */
function withElement(tensor: Tensor, spec: InputSpec, shape: readonly number[]): Tensor {
  const { name, element } = spec;
  if (element === "f32") return { element, shape, data: Float32Array.from(tensor.data) };
  if (tensor.element === "f32")
    throw fault("wrong-element", { name, found: "real numbers", needed: element });
  const isTruth = tensor.data.every((value) => value === 0 || value === 1);
  if (element === "bool" && !isTruth)
    throw fault("wrong-element", { name, found: "numbers other than 0 and 1", needed: element });
  return { element, shape, data: tensor.data };
}
