import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dataSets } from "../../../runtime/datasets/data-set-registry.ts";
import { dataSetPlace, getDataSet } from "../../../runtime/datasets/get-data-set.ts";

/** Fetches what is missing: minutes, and a network. */
const isAsked = process.env.WEFT_DATA_SETS === "1";
const report = () => ({ update: () => undefined, finish: () => undefined });

interface Line {
  readonly image: string;
  readonly text: Readonly<Record<string, readonly [string, ...string[]]>>;
  readonly key: string;
  readonly group: string;
  readonly source: string;
  readonly split: string;
  readonly shared?: boolean;
}

async function linesOf(name: string): Promise<readonly Line[]> {
  const dataSet = dataSets.find((one) => one.name === name);
  if (dataSet === undefined) throw new Error(`there is no ${name}`);
  await getDataSet(dataSet, undefined, report);
  const text = readFileSync(join(dataSetPlace(name), "captions.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

describe.runIf(isAsked)("the data sets as they are", () => {
  test("emoji: 1,594 signs by all four artists, named apart in each language", {
    timeout: 600_000,
  }, async () => {
    const lines = await linesOf("emoji");
    const count = (source: string) => lines.filter((line) => line.source === source).length;
    expect(["fluent", "noto", "twemoji", "openmoji"].map(count)).toEqual([1594, 1652, 1914, 1914]);
    const shared = lines.filter((line) => line.shared === true);
    expect(shared).toHaveLength(4 * 1594);
    const signs = shared.filter(({ source }) => source === "fluent");
    expect(new Set(signs.map(({ key }) => key)).size).toBe(1594);
    for (const language of ["en", "zh", "ja", "ar", "it"])
      expect(new Set(signs.map(({ text }) => text[language]?.[0])).size).toBe(1594);
    const bytes = (language: string) =>
      signs.reduce((sum, { text }) => sum + Buffer.byteLength(text[language]?.[0] ?? ""), 0) / 1594;
    const means = ["en", "zh", "ja", "ar", "it"].map((one) => bytes(one).toFixed(1));
    expect(means).toEqual(["12.5", "9.9", "14.0", "19.8", "15.3"]);
    expect(signs.filter(({ group }) => group === "Symbols")).toHaveLength(223);
    const heldOut = lines.filter(({ split }) => split === "held-out");
    expect(new Set(heldOut.map(({ source }) => source))).toEqual(new Set(["openmoji"]));
    const missing = lines.filter(({ image }) => !existsSync(join(dataSetPlace("emoji"), image)));
    expect(missing).toEqual([]);
  });

  test("stamps and clip art: as many as the page says", { timeout: 1_200_000 }, async () => {
    const stamps = await linesOf("stamps");
    expect(stamps).toHaveLength(950);
    expect(new Set(stamps.flatMap(({ text }) => Object.keys(text))).size).toBeGreaterThan(70);
    expect(await linesOf("openclipart")).toHaveLength(7372);
  });
});
