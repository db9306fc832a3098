import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import { load } from "../../compiler/api/library.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { readSafetensors } from "../../runtime/weights/read-tensor.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-trained-probe-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
process.env.WEFT_CACHE = join(folder, "cache");

const driver = "lavapipe";
const wnids = ["n01", "n02", "n03"];
const vision = { D: 16, Heads: 2, Hidden: 32, depth: 2, image: 28 };
const set = {
  Class: wnids.length,
  ...Object.fromEntries(
    Object.entries(vision).map(([name, value]) => [`vision_model.${name}`, value]),
  ),
};
const settings = Object.entries(set).flatMap(([path, value]) => ["--set", `${path}=${value}`]);

/** Pictures whose colour says what class they are of, under noise, as ImageNet lies in its folders. */
async function writeClasses(): Promise<void> {
  const next = generator(3);
  const [width, height] = [40, 32];
  for (const [label, wnid] of wnids.entries()) {
    for (let n = 0; n < 12; n++) {
      const data = Uint8Array.from({ length: 3 * width * height }, (_, at) =>
        Math.floor(150 * next() + (at % 3 === label ? 100 : 0)),
      );
      const name = n < 8 ? `train/${wnid}/${n}.JPEG` : `val/${wnid}/ILSVRC2012_val_${n}.JPEG`;
      mkdirSync(dirname(join(folder, "data", name)), { recursive: true });
      const picture = sharp(data, { raw: { width, height, channels: 3 } });
      await picture.jpeg({ quality: 95 }).toFile(join(folder, "data", name));
    }
  }
}

test(`a probe that weft train has trained on ${driver} is measured from its run`, async (context) => {
  await writeClasses();
  const [data, run, out] = ["data", "run", "out"].map((name) => join(folder, name));
  if (data === undefined || run === undefined || out === undefined) throw new Error("no folders");
  const trained = await runWeft([
    ...["train", "models/heads/stages.weft", "--stage", "probe", ...settings],
    ...["--weights", "random:5", "--data", join(data, "train"), "--workers", "0"],
    ...["--batch", "24", "--steps", "40", "--out", run, "--device", driver, "--json"],
  ]);
  if (trained.stdout.includes("no-adapter")) return context.skip();
  expect(trained.exitCode, trained.stderr + trained.stdout).toBe(0);

  const evaluate = async (weights: string, ...more: readonly string[]) => {
    const { exitCode, stdout, stderr } = await runWeft([
      ...["eval", "models/heads/heads.weft", "--model", "LinearProbe", ...settings],
      ...["--weights", weights, "--task", "linear_probe:imagenet", "--data", data],
      ...["--device", driver, "--draws", "0", "--batch", "5", "--json", ...more],
    ]);
    expect(exitCode, stderr + stdout).toBe(0);
    return JSON.parse(stdout).tasks[0];
  };
  // Chance is a third. What was learned is found although features of the first head are in the cache.
  const before = await evaluate("random:5");
  const after = await evaluate(run, "--out", out);
  expect([before.items, after.items]).toEqual([12, 12]);
  expect(before.numbers["top-1"]).toBeLessThan(0.8);
  expect(after.numbers["top-1"]).toBe(1);
  const lines = readFileSync(join(out, "predictions.jsonl"), "utf8").trim().split("\n");
  const found = lines.map((line) => JSON.parse(line));
  expect(found.map(({ output }) => output[0])).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
  // The run's folder is a checkpoint to everybody else, too.
  const loaded = await load<{ pixels: string }, Record<string, Tensor>>({
    ...{ file: "models/heads/heads.weft", model: "LinearProbe", mode: "classify", set },
    ...{ weights: run, sizes: { B: 1 }, device: driver },
  });
  const alone = await loaded.run({ pixels: join(data, found[7].input.image) });
  loaded.dispose();
  const { scores } = readSafetensors(join(out, "embeddings.safetensors"));
  const row = [...(scores?.data.slice(7 * wnids.length, 8 * wnids.length) ?? [])];
  for (const [k, score] of [...(Object.values(alone)[0]?.data ?? [])].entries())
    expect(score).toBeCloseTo(row[k] ?? Number.NaN, 4);
}, 400_000);
