import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { EmbeddedCounts } from "../../compiler/api/evaluation/embeddings/embed.ts";
import { featureKey } from "../../compiler/api/evaluation/embeddings/feature-key.ts";
import { evaluateClasses } from "../../compiler/api/evaluation/evaluate-classes.ts";
import { SharedPrograms } from "../../compiler/api/evaluation/shared-programs.ts";
import { FeatureStore } from "../../runtime/evaluate/features/feature-store.ts";
import { storedDigest } from "../../runtime/evaluate/images/stored-image.ts";
import { findTask } from "../../runtime/evaluate/tasks/task-registry.ts";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";
import { tinyModels } from "../support/models/tiny-models.ts";
import { openTestDevice } from "../support/open-test-device.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-many-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
process.env.WEFT_CACHE = join(folder, "cache");

/**
 * `WEFT_EVAL_IMAGES=50000 npx vitest run tests/evaluate/many-images.gpu.test.ts` takes ImageNet's validation part: a
 * thousand classes, eighty templates, features of 768 numbers, all from the cache.
 */
const count = Number(process.env.WEFT_EVAL_IMAGES ?? 2000);
const isLarge = count > 10_000;
const [classes, templates, width] = isLarge ? [1000, 80, 768] : [100, 3, 48];
const tokenizer = join(import.meta.dirname, "../../examples/tokenizer.model");

const named = (index: number): string => `n${String(index).padStart(8, "0")}`;
const classNames = Array.from({ length: classes }, (_, index) => `class ${index}`);
const forms = Array.from({ length: templates }, (_, index) => `form ${index} of a {c}`);

/** Numbers between -1 and 1 that follow from a seed. */
function noise(seed: number, length: number): Float32Array {
  let state = seed | 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

/** Pictures that nothing ever decodes, since their features are known. */
function writeData(): void {
  for (let label = 0; label < classes; label++) {
    const place = join(folder, "val", named(label));
    mkdirSync(place, { recursive: true });
    for (let index = label; index < count; index += classes)
      writeFileSync(join(place, `${index}.JPEG`), `picture ${index}`);
  }
  const write = (name: string, texts: readonly string[]): void =>
    writeFileSync(join(folder, name), JSON.stringify({ imagenet1k: texts }));
  write("en_classnames.json", classNames);
  write("en_zeroshot_classification_templates.json", forms);
}

/** Random features of the items with these keys. */
function fill(key: string, keys: readonly string[]): void {
  const store = FeatureStore.open(join(folder, "cache", "features", key));
  for (let start = 0; start < keys.length; start += 512) {
    const part = keys.slice(start, start + 512);
    store.add(part, noise(start + keys.length, part.length * width));
  }
  store.close();
}

test("many images by features in the cache: no model is run, and memory does not grow", async (context) => {
  const device = await openTestDevice("lavapipe");
  if (device === undefined) return context.skip();
  try {
    writeData();
    const tiny = tinyModels.find(({ model }) => model === "InternVL_14B")?.set ?? {};
    const model = {
      ...{ file: "models/internvl/internvl.weft", model: "InternVL_14B", weights: "random:3" },
      set: { ...tiny, "qllama.Vocab": loadTokenizer(tokenizer).size, E: width },
      ...{ tokenizer, device },
    };
    const images = Array.from({ length: count }, (_, index) => {
      const path = join("val", named(index % classes), `${index}.JPEG`);
      return storedDigest(folder, { path });
    });
    const texts = classNames.flatMap((name) =>
      forms.map((form) => createHash("sha256").update(form.replace("{c}", name)).digest("hex")),
    );
    fill(await featureKey(model, "encode_image_c", 8, "image crop"), images);
    fill(await featureKey(model, "encode_text", 8, "text"), texts);
    const task = findTask("zero_shot:imagenet");
    if (task.kind !== "classes") throw new Error("no task of classes");
    const counts: EmbeddedCounts[] = [];
    const memory: number[] = [];
    const [begun, used] = [performance.now(), process.cpuUsage()];
    const { scored } = await evaluateClasses(task, {
      ...{ model, programs: new SharedPrograms(model, { keeps: false }) },
      ...{ data: folder, allowMissing: false, batch: 8, language: "en" },
      ...{ dualSoftmax: false, frames: 8, folder: join(folder, "out") },
      onEmbedded: (one) => counts.push(one),
      onProgress: () => memory.push(process.memoryUsage().rss / 2 ** 20),
    });
    const cpu = process.cpuUsage(used);
    const seconds = (cpu.user + cpu.system) / 1e6;
    expect(counts).toEqual([
      { what: "texts", computed: 0, known: classes * templates },
      { what: "images", computed: 0, known: count },
    ]);
    // Random features are right by chance: within five deviations of it.
    const share = scored.tally.numbers()["top-1"] ?? Number.NaN;
    const deviation = Math.sqrt((1 / classes) * (1 - 1 / classes)) / Math.sqrt(count);
    expect(Math.abs(share - 1 / classes)).toBeLessThan(5 * deviation);
    const quarter = Math.ceil(memory.length / 4);
    const grown = Math.max(...memory) - Math.max(...memory.slice(0, quarter));
    const wall = (performance.now() - begun) / 1000;
    console.log(
      `${count} images, ${texts.length} texts, ${width} numbers each: ${seconds.toFixed(1)} s of CPU, ${wall.toFixed(1)} s; memory at most ${Math.max(...memory).toFixed(0)} MiB, ${grown.toFixed(0)} MiB more than in the first quarter (features: ${((count * width * 4) / 2 ** 20).toFixed(0)} MiB)`,
    );
    if (!isLarge) return;
    expect(seconds).toBeLessThan(60);
    expect(grown).toBeLessThan(64);
  } finally {
    device.dispose();
  }
}, 600_000);
