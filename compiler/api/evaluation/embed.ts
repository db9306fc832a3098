import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../runtime/files/cache-folder.ts";
import type { ImageFit } from "../../../runtime/images/fit-image.ts";
import { imagesAs } from "../../../runtime/images/read-images.ts";
import type { InputValue } from "../../../runtime/input-value.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { readSafetensors } from "../../../runtime/weights/read-tensor.ts";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";
import { InternalError } from "../../diagnostics/internal-error.ts";
import { sha256 } from "../load/digest.ts";
import { openMode } from "../open-loaded.ts";
import { type EvaluatedModel, modelIdentity } from "./evaluated-model.ts";

export interface Embeddings {
  /** [items, width], as the mode gives them: not normalised. */
  readonly data: Float32Array;
  readonly width: number;
}

interface EmbeddingOptions {
  readonly model: EvaluatedModel;
  readonly mode: string;
  readonly batch: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

type OpenMode = Awaited<
  ReturnType<typeof openMode<Record<string, InputValue>, Record<string, Tensor>>>
>;

/** So many batches lie in one file of the cache. */
const batchesPerFile = 64;

/** Embeddings of image files, each fitted by `fit`; those that were computed before come from the cache folder. */
export function embedImages(
  paths: readonly string[],
  fit: ImageFit,
  options: EmbeddingOptions,
): Promise<Embeddings> {
  return embed(paths, options, {
    reader: "image",
    what: `image ${fit}`,
    contentOf: (path) => readFileSync(path),
    async read(batch, shape) {
      const [height = 0, width = 0] = shape.slice(-2);
      return imagesAs({ width, height, fit }, batch);
    },
  });
}

/** Embeddings of texts, read as the mode reads them. */
export function embedTexts(
  texts: readonly string[],
  options: EmbeddingOptions,
): Promise<Embeddings> {
  return embed(texts, options, {
    reader: "text",
    what: "text",
    contentOf: (text) => text,
    read: (batch) => Promise.resolve(batch),
  });
}

interface Reading {
  readonly reader: string;
  /** Of the cache's key: what becomes of an item before the mode sees it. */
  readonly what: string;
  readonly contentOf: (item: string) => Uint8Array | string;
  readonly read: (batch: readonly string[], shape: readonly number[]) => Promise<InputValue>;
}

/** Batches are cut from the whole list by position, so that what the cache has changes no sum. */
async function embed(
  items: readonly string[],
  { model, mode, batch, onProgress }: EmbeddingOptions,
  { reader, what, contentOf, read }: Reading,
): Promise<Embeddings> {
  const identity = JSON.stringify([modelIdentity(model), mode, batch, what]);
  const folder = join(cacheFolder(), "features", sha256(identity).slice(0, 32));
  const parts: Tensor[] = [];
  let loaded: OpenMode | undefined;
  try {
    const size = batch * batchesPerFile;
    for (let start = 0; start < items.length; start += size) {
      const part = items.slice(start, start + size);
      const path = join(folder, `${hashOf(part, contentOf)}.safetensors`);
      const known = existsSync(path) ? readSafetensors(path).features : undefined;
      if (known === undefined) loaded ??= await openMode({ ...model, mode, sizes: { B: batch } });
      const found =
        known ??
        (await computed(part, batch, read, reader, loaded, (done) =>
          onProgress?.(start + done, items.length),
        ));
      if (known === undefined) writeSafetensors(path, { features: found });
      parts.push(found);
      onProgress?.(start + part.length, items.length);
    }
  } finally {
    loaded?.dispose();
  }
  const width = parts[0]?.shape[1] ?? 0;
  const data = new Float32Array(items.length * width);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, width };
}

async function computed(
  items: readonly string[],
  batch: number,
  read: Reading["read"],
  reader: string,
  loaded: OpenMode | undefined,
  onDone: (done: number) => void,
): Promise<Tensor> {
  const input = loaded?.artifact.inputs.find((spec) => spec.reader?.name === reader);
  const output = loaded?.artifact.outputs[0];
  if (loaded === undefined || input === undefined || output === undefined)
    throw new InternalError("a mode that embeds has an input and an output");
  const width = output.shape.at(-1)?.size ?? 0;
  const data = new Float32Array(items.length * width);
  for (let start = 0; start < items.length; start += batch) {
    const part = items.slice(start, start + batch);
    // The last batch is filled up with its last item: rows do not depend on each other.
    const filled = Array.from({ length: batch }, (_, index) => part[index] ?? part.at(-1) ?? "");
    const shape = input.shape.map(({ size }) => size);
    const outputs = await loaded.run({ [input.name]: await read(filled, shape) });
    const found = outputs[output.name];
    if (found === undefined) throw new InternalError(`the mode gave no \`${output.name}\``);
    data.set(found.data.subarray(0, part.length * width), start * width);
    onDone(start + part.length);
  }
  return { element: "f32", shape: [items.length, width], data };
}

/** Of the bytes of items, each by its length, so that none runs into the next. */
function hashOf(items: readonly string[], contentOf: Reading["contentOf"]): string {
  const hash = createHash("sha256");
  for (const item of items) {
    const content = contentOf(item);
    hash.update(`${content.length} `).update(content);
  }
  return hash.digest("hex").slice(0, 32);
}
