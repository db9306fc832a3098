import { createHash } from "node:crypto";
import { join } from "node:path";
import { FeatureStore } from "../../../../runtime/evaluate/features/feature-store.ts";
import {
  type StoredImage,
  storedDigest,
  storedPixels,
} from "../../../../runtime/evaluate/images/stored-image.ts";
import { fault } from "../../../../runtime/faults.ts";
import { cacheFolder } from "../../../../runtime/files/cache-folder.ts";
import { fitImage, type ImageFit } from "../../../../runtime/images/fit-image.ts";
import { normalizeImage } from "../../../../runtime/images/normalize-image.ts";
import type { InputValue } from "../../../../runtime/input-value.ts";
import { InternalError } from "../../../diagnostics/internal-error.ts";
import type { EvaluatedModel } from "../evaluated-model.ts";
import type { ModeReader, OpenMode, SharedPrograms } from "../shared-programs.ts";
import { featureKey } from "./feature-key.ts";

/** Embeddings of items that stand behind each other: [items, width], as the mode gives them. */
export interface EmbeddedBlock {
  /** The first of the items, and how many they are. */
  readonly start: number;
  readonly count: number;
  readonly data: Float32Array;
  readonly width: number;
}

/** How many items were run through the model, and how many were in the cache. */
export interface EmbeddedCounts {
  readonly what: string;
  readonly computed: number;
  readonly known: number;
}

export interface EmbeddingOptions {
  readonly model: EvaluatedModel;
  readonly programs: SharedPrograms;
  readonly mode: string;
  readonly batch: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly onEmbedded?: ((counts: EmbeddedCounts) => void) | undefined;
}

/** So many batches are in memory at a time. */
const batchesPerBlock = 64;
/** What was computed is on the disk after so many milliseconds at most, or as soon as its batch is done. */
const longestUnsaved = 20_000;

/**
 * Embeddings of pictures, block by block in their order, each fitted by `fit`. What is in the cache folder runs no
 * model, and what is computed is there from then on.
 */
export function embedImages(
  data: string,
  images: readonly StoredImage[],
  fit: ImageFit,
  options: EmbeddingOptions,
): AsyncGenerator<EmbeddedBlock> {
  return embed(images, options, {
    reader: "image",
    what: `image ${fit}`,
    plural: "images",
    digestOf: (image) => storedDigest(data, image),
    async read(batch, shape) {
      const [height = 0, width = 0] = shape.slice(-2);
      const each = 3 * height * width;
      const levels = new Float32Array(batch.length * each);
      for (const [index, image] of batch.entries()) {
        const fitted = fitImage(await storedPixels(data, image), width, height, fit);
        normalizeImage(fitted, levels, index * each);
      }
      return { element: "f32", shape: [batch.length, 3, height, width], data: levels };
    },
  });
}

/** Embeddings of texts, read as the mode reads them. */
export function embedTexts(
  texts: readonly string[],
  options: EmbeddingOptions,
): AsyncGenerator<EmbeddedBlock> {
  return embed(texts, options, {
    reader: "text",
    what: "text",
    plural: "texts",
    digestOf: (text) => createHash("sha256").update(text).digest("hex"),
    read: (batch) => Promise.resolve(batch),
  });
}

interface Reading<T> {
  readonly reader: ModeReader;
  /** Of the cache's key: what becomes of an item before the mode sees it. */
  readonly what: string;
  readonly plural: string;
  readonly digestOf: (item: T) => string;
  readonly read: (batch: readonly T[], shape: readonly number[]) => Promise<InputValue>;
}

async function* embed<T>(
  items: readonly T[],
  options: EmbeddingOptions,
  reading: Reading<T>,
): AsyncGenerator<EmbeddedBlock> {
  const { model, programs, mode, batch, onProgress, onEmbedded } = options;
  const key = await featureKey(model, mode, batch, reading.what);
  const store = FeatureStore.open(join(cacheFolder(), "features", key));
  let loaded: OpenMode | undefined;
  let computed = 0;
  try {
    const size = batch * batchesPerBlock;
    for (let start = 0; start < items.length; start += size) {
      const part = items.slice(start, start + size);
      const keys = part.map(reading.digestOf);
      const missing = new Map(
        keys.flatMap((own, index) => {
          const item = part[index];
          return store.has(own) || item === undefined ? [] : [[own, item] as const];
        }),
      );
      if (missing.size > 0) loaded ??= await programs.mode(reading.reader, mode, batch);
      if (loaded !== undefined)
        await compute(missing, { batch, reading, loaded, store }, (done) => {
          onProgress?.(start + part.length - missing.size + done, items.length);
        });
      computed += missing.size;
      onProgress?.(start + part.length, items.length);
      yield { start, count: part.length, ...store.rows(keys) };
    }
  } finally {
    programs.release(reading.reader);
    store.close();
  }
  onEmbedded?.({ what: reading.plural, computed, known: items.length - computed });
}

interface Computing<T> {
  readonly batch: number;
  readonly reading: Reading<T>;
  readonly loaded: OpenMode;
  readonly store: FeatureStore;
}

/** Runs items by their keys through the model, and puts what comes out into the store. */
async function compute<T>(
  missing: ReadonlyMap<string, T>,
  { batch, reading, loaded, store }: Computing<T>,
  onDone: (done: number) => void,
): Promise<void> {
  const input = loaded.artifact.inputs.find((spec) => spec.reader?.name === reading.reader);
  const output = loaded.artifact.outputs[0];
  if (input === undefined || output === undefined)
    throw fault("eval-request", {
      reason: `the mode \`${loaded.artifact.mode}\` has no input \`from ${reading.reader}(..)\``,
      hint: "--mode names the mode that embeds",
    });
  const [keys, items] = [[...missing.keys()], [...missing.values()]];
  const width = output.shape.at(-1)?.size ?? 0;
  const shape = input.shape.map(({ size }) => size);
  let [saved, savedAt] = [0, performance.now()];
  const rows = new Float32Array(items.length * width);
  for (let start = 0; start < items.length; start += batch) {
    const part = items.slice(start, start + batch);
    // The last batch is filled up with its last item: rows do not depend on each other.
    const last = part.at(-1);
    const filled = last === undefined ? [] : [...part, ...Array(batch - part.length).fill(last)];
    const outputs = await loaded.run({ [input.name]: await reading.read(filled, shape) });
    const found = outputs[output.name];
    if (found === undefined) throw new InternalError(`the mode gave no \`${output.name}\``);
    rows.set(found.data.subarray(0, part.length * width), start * width);
    const done = start + part.length;
    if (done === items.length || performance.now() - savedAt > longestUnsaved) {
      store.add(keys.slice(saved, done), rows.slice(saved * width, done * width));
      [saved, savedAt] = [done, performance.now()];
    }
    onDone(done);
  }
}
