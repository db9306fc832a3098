import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-data-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const squares = ["#ff0000", "#00ff00", "#0000ff"];
const stage = `import { Linear } from "std/layers"
import { cross_entropy } from "std/losses"
import { Sgd } from "std/optimizers"

model Colours {
  axis Class = 4
  axis Colour = 3
  axis Y = 8
  axis X = 8
  use head = Linear<(Colour, Y, X), Class>()

  mode classify(pixels: f32[B, Colour, Y, X]) -> [B, Class] {
    head(real(pixels))
  }
}

stage learn of Colours(pixels: f32[B, Colour, Y, X] from image(background: [255, 255, 255]), label: i32[B]) {
  train everything else at lr 1e-3
  optimizer Sgd()
  steps 10
  batch 4
  loss {
    cross_entropy{Class}(classify(pixels), label)
  }
}
`;

beforeAll(async () => {
  mkdirSync(join(folder, "set"));
  const lines = await Promise.all(
    squares.map(async (background, at) => {
      const picture = { width: 8 + 4 * at, height: 8, channels: 3, background } as const;
      await sharp({ create: picture })
        .png()
        .toFile(join(folder, "set", `${at}.png`));
      const text = { en: [`square ${at}`, "square"], ...(at === 0 && { it: ["quadrato"] }) };
      return { image: `${at}.png`, text, label: at, split: at === 2 ? "held-out" : "train" };
    }),
  );
  writeFileSync(join(folder, "set", "bad.png"), "no picture");
  const all = [...lines, { image: "bad.png", text: { en: ["bad"] }, label: 3, split: "train" }];
  const text = all.map((line) => `${JSON.stringify(line)}\n`).join("");
  writeFileSync(join(folder, "set", "captions.jsonl"), text);
  writeFileSync(join(folder, "colours.weft"), stage);
});

describe("weft data", () => {
  test("counts records, sizes, languages and classes, and names what is bad", async () => {
    const { exitCode, stdout } = await runWeft(["data", "set", "--json"], folder);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      path: "set",
      records: 4,
      width: { least: 8, median: 12, most: 16 },
      height: { least: 8, median: 8, most: 8 },
      languages: [
        { language: "en", records: 3, texts: 6, different: 3, meanBytes: 8 },
        { language: "it", records: 1, texts: 1, different: 1, meanBytes: 8 },
      ],
      labels: { 0: 1, 1: 1, 2: 1 },
      bad: [{ name: "bad.png", reason: expect.stringContaining("bad.png") as unknown }],
    });
    const people = await runWeft(["data", "set", "--split", "held-out"], folder);
    expect(people.stdout).toMatch(/^set: 1 records with /);
    expect(people.stdout).toMatch(/^bad records {2}none$/m);
    expect(people.stdout).toMatch(/^en +1 +2 +1 +8\.0$/m);
  });

  test("draws the batch that a stage sees", async () => {
    const asked = ["data", "set", "--split", "train", "--stage", "colours.weft:learn"];
    const { exitCode, stdout, stderr } = await runWeft([...asked, "--sheet", "sheet.png"], folder);
    expect(`${exitCode} ${stderr}`).toBe("0 ");
    expect(stdout).toMatch(/^pixels +\[4, 3, 8, 8\] from image\(\.\.\)$/m);
    expect(stdout).toMatch(/^label +\[4\] from the column of its name$/m);
    const sheet = sharp(join(folder, "sheet.png"));
    const { data, info } = await sheet.raw().toBuffer({ resolveWithObject: true });
    // Two rows of two, with an edge of two pixels about each.
    expect([info.width, info.height, info.channels]).toEqual([22, 22, 3]);
    const middles = [6, 16].flatMap((y) =>
      [6, 16].map((x) =>
        Buffer.from(data.subarray(3 * (22 * y + x), 3 * (22 * y + x) + 3)).toString("hex"),
      ),
    );
    expect(new Set(middles)).toEqual(new Set(["ff0000", "00ff00"]));
    expect(Buffer.from(data.subarray(0, 3)).toString("hex")).toBe("808080");
  });

  test("says what is wrong with what was asked", async () => {
    const failing = async (...args: string[]) => {
      const { exitCode, stderr } = await runWeft(["data", ...args], folder);
      return [exitCode, stderr.split("\n")[0]];
    };
    expect(await failing()).toEqual([2, "error: missing required argument 'data'"]);
    expect(await failing("nowhere")).toEqual([
      1,
      "error[data-missing]: there is no data set `nowhere`",
    ]);
    const [, sheetless] = await failing("set", "--sheet", "x.png");
    expect(sheetless).toContain("--stage FILE:STAGE");
    const [, form] = await failing("set", "--stage", "colours.weft");
    expect(form).toContain("FILE:STAGE.PHASE");
    const [code, choices] = await failing("get", "everything");
    expect(code).toBe(2);
    expect(choices).toContain("emoji, stamps, fashion-mnist, openclipart");
  });

  test("knows fetched data sets by their names, and how to fetch the others", async () => {
    const before = process.env.WEFT_CACHE;
    process.env.WEFT_CACHE = join(folder, "cache");
    try {
      const { exitCode, stderr } = await runWeft(["data", "emoji"], folder);
      expect(exitCode).toBe(1);
      expect(stderr).toBe(
        "error[data-set-unfetched]: the data set `emoji` is not here yet\n  help: weft data get emoji\n",
      );
      mkdirSync(join(folder, "cache", "data", "emoji"), { recursive: true });
      writeFileSync(
        join(folder, "cache", "data", "emoji", "captions.jsonl"),
        '{"text": {"en": ["a"]}, "key": "k"}\n{"text": {"en": ["b"]}, "key": "k"}\n',
      );
      const found = await runWeft(["data", "emoji"], folder);
      expect(found.stdout).toContain("2 records");
    } finally {
      if (before === undefined) delete process.env.WEFT_CACHE;
      else process.env.WEFT_CACHE = before;
    }
  });
});
