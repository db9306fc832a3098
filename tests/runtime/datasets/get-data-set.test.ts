import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import zlib from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DataSet } from "../../../runtime/datasets/data-set.ts";
import { dataSets } from "../../../runtime/datasets/data-set-registry.ts";
import { dataSetPlace, getDataSet, packagesPlace } from "../../../runtime/datasets/get-data-set.ts";
import { packageFile } from "../../../runtime/datasets/package-pin.ts";
import { textsIn } from "../../../runtime/datasets/read-member.ts";
import { tarOf } from "../../support/archives/make-tar.ts";
import { stubClients } from "../../support/datasets/stub-client.ts";

let shelf = "";
const before = { cache: process.env.WEFT_CACHE, path: process.env.PATH ?? "" };
beforeEach(() => {
  shelf = mkdtempSync(join(tmpdir(), "weft-data-set-"));
  process.env.WEFT_CACHE = join(shelf, "cache");
  process.env.PATH = `${stubClients(shelf)}:${before.path}`;
});
afterEach(() => {
  rmSync(shelf, { recursive: true, force: true });
  process.env.PATH = before.path;
  if (before.cache === undefined) delete process.env.WEFT_CACHE;
  else process.env.WEFT_CACHE = before.cache;
});

const report = () => ({ update: () => undefined, finish: () => undefined });
const one = zlib.gzipSync(tarOf([{ name: "package/words.txt", content: "one" }]));
const other = Buffer.from("of Debian");
const digest = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes);

/** Two packages, one of each registry; the words of the first become a caption. */
const small: DataSet = {
  name: "small",
  summary: "made for a test",
  recipe: 1,
  packages: [
    {
      registry: "npm",
      name: "@made/one",
      version: "1.0.0",
      bytes: one.length,
      sha512: digest("sha512", one).digest("base64"),
    },
    {
      registry: "debian",
      name: "other",
      version: "1:2-3",
      bytes: other.length,
      sha256: digest("sha256", other).digest("hex"),
    },
  ],
  licences: [{ part: "all", licence: "MIT", by: "nobody" }],
  async build({ fileOf, folder }) {
    const texts = await textsIn(fileOf("@made/one"), ["package/words.txt"]);
    folder.file("images/a.png", readFileSync(fileOf("other")));
    folder.caption({
      image: "images/a.png",
      text: { en: [texts["package/words.txt"]] },
      key: "a",
      group: "",
      split: "train",
      source: "made",
    });
  },
};

const calls = () =>
  existsSync(join(shelf, "calls.txt"))
    ? readFileSync(join(shelf, "calls.txt"), "utf8").trim().split("\n")
    : [];
const putOnShelf = () => {
  writeFileSync(join(shelf, "_made_one_1.0.0.tgz"), one);
  writeFileSync(join(shelf, "other_1_2-3.deb"), other);
};

describe("a data set", () => {
  test("is fetched by the clients of its registries and built once, with its licences", async () => {
    putOnShelf();
    const { path, manifest, isNew } = await getDataSet(small, undefined, report);
    expect([path, isNew]).toEqual([dataSetPlace("small"), true]);
    expect(readdirSync(path).sort()).toEqual([
      "LICENCES.md",
      "captions.jsonl",
      "data-set.json",
      "images",
    ]);
    expect(readFileSync(join(path, "captions.jsonl"), "utf8")).toContain('"text":{"en":["one"]}');
    expect(readFileSync(join(path, "LICENCES.md"), "utf8")).toContain("| all | MIT | nobody |");
    expect(manifest).toMatchObject({
      packages: ["@made/one@1.0.0", "other=1:2-3"],
      images: { made: 1 },
      languages: ["en"],
    });
    expect(calls().map((call) => call.split(" ").slice(0, 3).join(" "))).toEqual([
      "npm pack @made/one@1.0.0",
      "apt-get --print-uris download",
      `apt-helper download-file shelf:${join(shelf, "other_1_2-3.deb")}`,
    ]);
    expect((await getDataSet(small, undefined, report)).isNew).toBe(false);
    // Another recipe of the same packages fetches nothing.
    expect((await getDataSet({ ...small, recipe: 2 }, undefined, report)).isNew).toBe(true);
    expect(calls()).toHaveLength(3);
    expect(readdirSync(packagesPlace()).sort()).toEqual(small.packages.map(packageFile).sort());
  });

  test("without a network is one message, and goes on where it was", async () => {
    const refused = (reason: string) =>
      expect(getDataSet(small, undefined, report)).rejects.toMatchObject({
        code: "package-unavailable",
        exitCode: 3,
        message: expect.stringContaining(reason),
      });
    await refused("npm could not fetch `@made/one@1.0.0`: request to somewhere failed, reason: no");
    rmSync(join(shelf, "calls.txt"));
    writeFileSync(join(shelf, "_made_one_1.0.0.tgz"), one);
    await refused("apt-get could not fetch `other=1:2-3`: Failed to fetch it, no network");
    expect(existsSync(dataSetPlace("small"))).toBe(false);
    putOnShelf();
    expect((await getDataSet(small, undefined, report)).isNew).toBe(true);
    expect(calls().filter((call) => call.startsWith("npm pack"))).toHaveLength(1);
  });

  test("of other bytes is refused, set aside and fetched again", async () => {
    putOnShelf();
    writeFileSync(join(shelf, "other_1_2-3.deb"), "something else");
    await expect(getDataSet(small, undefined, report)).rejects.toMatchObject({
      code: "package-changed",
    });
    // Not what it must be in the cache either.
    const [, pin] = small.packages;
    if (pin === undefined) throw new Error("there is no second package");
    writeFileSync(join(packagesPlace(), packageFile(pin)), "damaged");
    await expect(getDataSet(small, undefined, report)).rejects.toMatchObject({
      code: "package-changed",
    });
    putOnShelf();
    expect((await getDataSet(small, undefined, report)).isNew).toBe(true);
  });

  test("says what to do where there is no such client", async () => {
    process.env.PATH = join(shelf, "nothing");
    await expect(getDataSet(small, undefined, report)).rejects.toMatchObject({
      code: "client-missing",
      message: expect.stringContaining("npm"),
      hint: expect.stringContaining("made-one-1.0.0.tgz"),
    });
  });

  test("takes the place of no other folder, and leaves nothing half made", async () => {
    putOnShelf();
    const out = join(shelf, "own");
    mkdirSync(out);
    writeFileSync(join(out, "letter.txt"), "mine");
    await expect(getDataSet(small, out, report)).rejects.toMatchObject({ code: "data-set-taken" });
    const broken: DataSet = { ...small, build: () => Promise.reject(new Error("broken")) };
    await expect(getDataSet(broken, join(shelf, "b"), report)).rejects.toThrow("broken");
    expect(readdirSync(shelf).filter((name) => name.startsWith("b."))).toEqual([]);
  });
});

test("every data set says what it is made of, and under which terms", () => {
  for (const { name, packages, licences, summary } of dataSets) {
    expect(name).toMatch(/^[a-z][a-z-]*$/);
    expect(summary.length).toBeGreaterThan(20);
    expect(licences.length).toBeGreaterThan(0);
    for (const pin of packages) {
      expect(pin.bytes).toBeGreaterThan(1000);
      if (pin.registry === "npm") expect(Buffer.from(pin.sha512, "base64")).toHaveLength(64);
      else expect(pin.sha256).toMatch(/^[\da-f]{64}$/);
    }
  }
});
