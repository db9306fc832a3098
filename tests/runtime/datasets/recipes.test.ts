import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import zlib from "node:zlib";
import sharp from "sharp";
import { afterAll, describe, expect, test } from "vitest";
import { buildEmoji } from "../../../runtime/datasets/emoji/build-emoji.ts";
import { fashionMnist } from "../../../runtime/datasets/fashion-mnist.ts";
import { splitOf } from "../../../runtime/datasets/held-out.ts";
import { openclipart } from "../../../runtime/datasets/openclipart.ts";
import { stamps } from "../../../runtime/datasets/stamps.ts";
import { arOf } from "../../support/archives/make-ar.ts";
import { tarOf } from "../../support/archives/make-tar.ts";
import { runRecipe } from "../../support/datasets/run-recipe.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-recipes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Files = Readonly<Record<string, string | Uint8Array>>;
const tarred = (files: Files) =>
  zlib.gzipSync(tarOf(Object.entries(files).map(([name, content]) => ({ name, content }))));

function npmPackage(name: string, files: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(files).map(([path, content]) => [
    `package/${path}`,
    typeof content === "string" ? content : JSON.stringify(content),
  ]);
  const path = join(folder, `${name}.tgz`);
  writeFileSync(path, tarred(Object.fromEntries(texts)));
  return path;
}

function debianPackage(name: string, files: Files): string {
  const path = join(folder, `${name}.deb`);
  writeFileSync(
    path,
    arOf({ "debian-binary": Buffer.from("2.0\n"), "data.tar.gz": tarred(files) }),
  );
  return path;
}

const drawing = (colour: string, more = "") =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:cc="c" xmlns:dc="d" xmlns:rdf="r" width="40" height="20">${more}<rect width="40" height="20" fill="${colour}"/></svg>`;

describe("emoji", () => {
  const artist = (name: string, colour: string, signs: Readonly<Record<string, string>>) =>
    npmPackage(name, {
      "icons.json": {
        width: 10,
        height: 10,
        icons: Object.fromEntries(
          Object.values(signs).map((icon) => [
            icon,
            { body: `<circle cx="5" cy="5" r="4" fill="${colour}"/>` },
          ]),
        ),
      },
      "chars.json": signs,
      "info.json": { license: { title: "MIT", spdx: "MIT" }, author: { name } },
    });
  const words = (field: string, of: Readonly<Record<string, readonly string[]>>) => ({
    [field]: {
      annotations: Object.fromEntries(
        Object.entries(of).map(([sign, [name, ...keywords]]) => [
          sign,
          { tts: [name], default: [name, ...keywords] },
        ]),
      ),
    },
  });
  const names = npmPackage("names", {
    LICENSE: "Unicode's terms",
    "annotations/en/annotations.json": words("annotations", { "😀": ["grin", "face"], "©": ["c"] }),
    "annotations/it/annotations.json": words("annotations", { "😀": ["faccina"] }),
  });
  const derived = npmPackage("derived", {
    "annotationsDerived/en/annotations.json": words("annotationsDerived", { "1️⃣": ["one"] }),
    "annotationsDerived/it/annotations.json": words("annotationsDerived", {
      "1️⃣": ["uno", "cifra"],
    }),
  });
  const signs = npmPackage("signs", {
    LICENSE: "terms of the list",
    "data-by-emoji.json": {
      "😀": { group: "Faces" },
      "1️⃣": { group: "Symbols" },
      "©️": { group: "Symbols" },
    },
  });

  test("are drawn by each artist and named in each language", async () => {
    const path = join(folder, "emoji");
    const parts = {
      artists: { red: "red", blue: "blue" },
      heldOut: "blue",
      signs: "signs",
      names: "names",
      derivedNames: "derived",
      languages: ["en", "it"],
      side: 24,
    };
    const files = {
      signs,
      names,
      derived,
      red: artist("red", "#f00", { "1f600": "grin", "0031-fe0f-20e3": "one", "00a9": "c" }),
      blue: artist("blue", "#00f", { "1f600": "grin", "1f601": "unknown" }),
    };
    const built = await runRecipe((context) => buildEmoji(parts, context), files, path);
    const lines = readFileSync(join(path, "captions.jsonl"), "utf8").trim().split("\n");
    const grin = { en: ["grin", "face"], it: ["faccina"] };
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        image: "red/1f600.png",
        text: grin,
        key: "1f600",
        group: "Faces",
        split: "train",
        source: "red",
        shared: true,
      },
      {
        image: "red/0031-20e3.png",
        text: { en: ["one"], it: ["uno", "cifra"] },
        key: "0031-20e3",
        group: "Symbols",
        split: "train",
        source: "red",
        shared: false,
      },
      {
        image: "blue/1f600.png",
        text: grin,
        key: "1f600",
        group: "Faces",
        split: "held-out",
        source: "blue",
        shared: true,
      },
    ]);
    expect(built.passed).toEqual(["red/00a9.png: it has no name in each language"]);
    const { data, info } = await sharp(join(path, "blue", "1f600.png"))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([24, 24, 4]);
    const middle = 4 * (12 * 24 + 12);
    expect([...data.subarray(middle, middle + 4)]).toEqual([0, 0, 255, 255]);
    expect(data[3]).toBe(0);
    const licences = readFileSync(join(path, "LICENCES.md"), "utf8");
    expect(licences).toContain("terms of the list");
    expect(licences).toContain("drawings of blue\n\nMIT");
  });

  test("that cannot be drawn are a fault, and so are packages without what is needed", async () => {
    const parts = {
      artists: { bad: "bad" },
      heldOut: "",
      signs: "signs",
      names: "names",
      derivedNames: "derived",
      languages: ["en"],
      side: 8,
    };
    const bad = npmPackage("bad", {
      "icons.json": { icons: { grin: { body: "<circle" } } },
      "chars.json": { "1f600": "grin" },
      "info.json": { license: { title: "MIT", spdx: "MIT" }, author: { name: "bad" } },
    });
    const run = (files: Readonly<Record<string, string>>) =>
      runRecipe((context) => buildEmoji(parts, context), files, join(folder, "bad"));
    await expect(run({ signs, names, derived, bad })).rejects.toMatchObject({
      code: "data-set-incomplete",
      message: expect.stringContaining("bad/1f600.png"),
    });
    await expect(run({ signs: names, names, derived, bad })).rejects.toMatchObject({
      code: "data-set-incomplete",
      message: expect.stringContaining("data-by-emoji.json"),
    });
  });
});

test("stamps take the caption of each language, and leave out what has none", async () => {
  const root = "./usr/share/tuxpaint/stamps/animals";
  const pixels = await sharp({ create: { width: 30, height: 60, channels: 3, background: "#0f0" } })
    .png()
    .toBuffer();
  const archive = debianPackage("stamps", {
    "./usr/share/doc/tuxpaint-stamps-default/copyright": "GPL",
    [`${root}/frog.png`]: pixels,
    [`${root}/frog.svg`]: drawing("#00f"),
    [`${root}/frog.ogg`]: "sound",
    [`${root}/frog.txt`]:
      "A frog.\nfr.utf8=Une grenouille.\nca@valencia.utf8=Una granota.\nzh_CN.utf8=青蛙。\n",
    [`${root}/frog_mirror.png`]: pixels,
    [`${root}/newt.png`]: "no picture",
  });
  const path = join(folder, "stamps");
  const files = { "tuxpaint-stamps-default": archive };
  const built = await runRecipe(stamps.build, files, path);
  const line = JSON.parse(readFileSync(join(path, "captions.jsonl"), "utf8")) as unknown;
  expect(line).toEqual({
    image: "images/animals/frog.png",
    text: {
      en: ["A frog."],
      fr: ["Une grenouille."],
      "ca-valencia": ["Una granota."],
      zh: ["青蛙。"],
    },
    key: "animals/frog",
    group: "animals",
    split: splitOf("animals/frog"),
    source: "stamps",
  });
  expect(built.passed.map((text) => text.split(":")[0])).toEqual([
    "usr/share/tuxpaint/stamps/animals/newt.png",
    "animals/frog_mirror",
  ]);
  // The drawing, and not the photograph beside it.
  const [, green, blue] = (await sharp(join(path, "images/animals/frog.png")).stats()).channels;
  expect(blue?.mean).toBeGreaterThan(green?.mean ?? 255);
});

test("clip art is titled by its own title, not by that of its publisher", async () => {
  const root = "./usr/share/openclipart/svg/animals";
  const work = (title: string, words: string) =>
    `<metadata><cc:Work rdf:about=""><dc:title>${title}</dc:title><dc:subject><rdf:Bag>${words}</rdf:Bag></dc:subject><dc:publisher><cc:Agent><dc:title>Library</dc:title></cc:Agent></dc:publisher></cc:Work></metadata>`;
  const archive = debianPackage("openclipart", {
    [`${root}/cat.svg`]: drawing(
      "#f00",
      work("Cat &amp; dog", "<rdf:li>pet</rdf:li><rdf:li>unsorted</rdf:li>"),
    ),
    [`${root}/none.svg`]: drawing("#f00", work("", "<rdf:li>pet</rdf:li>")),
    [`${root}/bad.svg`]: work("Bad", ""),
  });
  const path = join(folder, "openclipart");
  const built = await runRecipe(openclipart.build, { "openclipart-svg": archive }, path);
  const line = JSON.parse(readFileSync(join(path, "captions.jsonl"), "utf8")) as { text: unknown };
  expect(line.text).toEqual({ en: ["Cat & dog", "pet"] });
  expect(built.passed.map((text) => text.split(":")[0])).toEqual([
    "usr/share/openclipart/svg/animals/none.svg",
    "usr/share/openclipart/svg/animals/bad.svg",
  ]);
});

test("Fashion-MNIST is its four files, unpacked", async () => {
  const root = "./usr/share/datasets/fashion-mnist";
  const header = (count: number) => Uint8Array.of(0, 0, 8, 3, 0, 0, 0, count, 7);
  const names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"];
  const files = Object.fromEntries(
    names.map((name, at) => [`${root}/${name}-ubyte.gz`, zlib.gzipSync(header(at + 3))]),
  );
  const path = join(folder, "fashion");
  const run = (archive: string, place: string) =>
    runRecipe(fashionMnist.build, { "dataset-fashion-mnist": archive }, place);
  const built = await run(debianPackage("fashion", files), path);
  expect(built.counts().images).toEqual({ train: 3, test: 5 });
  expect([...readFileSync(join(path, "t10k-labels-idx1-ubyte"))]).toEqual([...header(6)]);
  expect(existsSync(join(path, "captions.jsonl"))).toBe(false);
  const { [`${root}/t10k-labels-idx1-ubyte.gz`]: _, ...less } = files;
  await expect(run(debianPackage("less", less), join(folder, "less"))).rejects.toMatchObject({
    code: "data-set-incomplete",
  });
});
