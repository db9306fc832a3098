import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { load } from "../../compiler/api/library.ts";
import { Session } from "../../runtime/session.ts";
import { loadTokenizer } from "../../runtime/text/load-tokenizer.ts";
import { readSafetensors } from "../../runtime/weights/read-tensor.ts";
import { smallImages } from "../support/evaluate/images.ts";
import { writeMiniature } from "../support/evaluate/text-miniatures.ts";
import { writeLoudWeights } from "../support/models/loud-weights.ts";
import { tinyModels } from "../support/models/tiny-models.ts";
import { openTestDevice } from "../support/open-test-device.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-languages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
process.env.WEFT_CACHE = join(folder, "cache");

const driver = "lavapipe";
const tokenizer = join(import.meta.dirname, "../../examples/tokenizer.model");
const tiny = tinyModels.find(({ model }) => model === "InternVL_14B");
const set = { ...tiny?.set, "qllama.Vocab": loadTokenizer(tokenizer).size };
const weights = join(folder, "weights.safetensors");
const batch = 40;

/** Templates of the paper's files: how many, and how many different ones. */
const languages = {
  en: { names: ["cat", "dog", "house"], templates: 80, distinct: 80 },
  cn: { names: ["猫", "狗", "房子"], templates: 80, distinct: 78 },
  jp: { names: ["猫", "犬", "家"], templates: 37, distinct: 37 },
  ar: { names: ["قطة", "كلب", "بيت"], templates: 55, distinct: 55 },
  it: { names: ["gatto", "cane", "casa"], templates: 49, distinct: 46 },
} as const;
type Language = keyof typeof languages;
const all = Object.keys(languages) as readonly Language[];

/** As many as there are, of which the last repeat the first. */
function templatesOf(language: Language): readonly string[] {
  const { templates, distinct } = languages[language];
  return Array.from(
    { length: templates },
    (_, n) => `${language} ${"abcdefgh"[(n % distinct) % 8]}${n % distinct}: the {c}, on {c}.`,
  );
}

const images = ["n00", "n01", "n02"].map((wnid, n) => `val/${wnid}/ILSVRC2012_val_${n}.JPEG`);

test(`zero-shot in five languages in one command, on ${driver}`, {
  timeout: 400_000,
}, async (context) => {
  const device = await openTestDevice(driver);
  if (device === undefined) return context.skip();
  // With weights of the initialisers a text says little of its words.
  const file = "models/internvl/internvl.weft";
  writeLoudWeights(weights, { file, model: "InternVL_14B", mode: "similarity_c", set });
  const data = join(folder, "data");
  const files = Object.fromEntries(
    all.flatMap((language) => [
      [`${language}_classnames.json`, { imagenet1k: languages[language].names }],
      [`${language}_zeroshot_classification_templates.json`, { imagenet1k: templatesOf(language) }],
    ]),
  );
  const photos = await smallImages();
  writeMiniature({ files, images }, data, (n) => photos[n] ?? new Uint8Array());
  const out = join(folder, "out");
  const opened = vi.spyOn(Session, "create");
  const { exitCode, stdout, stderr } = await runWeft([
    ...["eval", "models/internvl/internvl.weft", "--model", "InternVL_14B"],
    ...Object.entries(set).flatMap(([path, value]) => ["--set", `${path}=${value}`]),
    ...["--weights", weights, "--tokenizer", tokenizer, "--device", driver, "--json"],
    ...["--draws", "0", "--batch", String(batch), "--out", out, "--data", data],
    ...["--task", "zero_shot:imagenet", ...all.flatMap((one) => ["--language", one])],
  ]);
  const modes = opened.mock.calls.map(([{ mode }]) => mode);
  opened.mockRestore();
  expect(exitCode, stderr + stdout).toBe(0);
  expect(modes).toEqual(["encode_text", "encode_image_c"]);
  const { tasks } = JSON.parse(stdout);
  for (const [place, language] of all.entries()) {
    const { templates, distinct } = languages[language];
    expect(tasks[place]).toMatchObject({
      task: `zero_shot:imagenet:${language}`,
      items: 3,
      details: { templates, distinct_templates: distinct },
    });
    // Counts are those of the paper: nothing is noted.
    expect(tasks[place].details.note).toBeUndefined();
    const run = readFileSync(join(out, `zero_shot-imagenet-${language}`, "run.json"), "utf8");
    expect(JSON.parse(run).identity.protocol).toMatchObject({ language, templates });
  }
  // Italian has templates twice, and they count twice.
  const embed = await load({
    ...{ file: "models/internvl/internvl.weft", model: "InternVL_14B", mode: "encode_text" },
    ...{ set, weights, tokenizer, device, sizes: { B: batch } },
  });
  const directions = async (templates: readonly string[]): Promise<readonly number[]> => {
    const found: number[] = [];
    for (const name of languages.it.names) {
      const rows: number[][] = [];
      for (let start = 0; start < templates.length; start += batch) {
        const texts = templates
          .slice(start, start + batch)
          .map((one) => one.split("{c}").join(name));
        const filled = Array.from({ length: batch }, (_, n) => texts[n] ?? name);
        const { output } = await embed.run({ ids: filled });
        const width = output?.shape[1] ?? 0;
        for (const [n] of texts.entries())
          rows.push(unit([...(output?.data.subarray(n * width, (n + 1) * width) ?? [])]));
      }
      const width = rows[0]?.length ?? 0;
      const sums = Array.from({ length: width }, (_, at) =>
        rows.reduce((sum, row) => sum + (row[at] ?? 0), 0),
      );
      found.push(...unit(sums.map((sum) => sum / rows.length)));
    }
    return found;
  };
  const { classes } = readSafetensors(join(out, "zero_shot-imagenet-it", "embeddings.safetensors"));
  const away = (wanted: readonly number[]): number =>
    Math.max(...wanted.map((value, n) => Math.abs(value - (classes?.data[n] ?? Number.NaN))));
  const templates = templatesOf("it");
  expect(away(await directions(templates))).toBeLessThan(1e-6);
  expect(away(await directions([...new Set(templates)]))).toBeGreaterThan(1e-5);
  embed.dispose();
  device.dispose();
});

function unit(values: readonly number[]): number[] {
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}
