import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Reader } from "../../../compiler/ir/graph/graph.ts";
import { DataBatches } from "../../../runtime/data/data-batches.ts";
import { indexSource } from "../../../runtime/data/index-source.ts";
import { wantedGroups } from "../../../runtime/data/order/key-groups.ts";
import type { BatchInput } from "../../../runtime/train/batch-source.ts";

const root = mkdtempSync(join(tmpdir(), "weft-mixed-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const batch = 8;

/** A folder of lines alone, whose labels are numbers from `first` on. */
function writeLines(name: string, count: number, first: number): void {
  mkdirSync(join(root, name));
  const lines = Array.from({ length: count }, (_, n) =>
    JSON.stringify({ label: first + n, key: `k${Math.floor(n / 2)}` }),
  );
  writeFileSync(join(root, name, "captions.jsonl"), `${lines.join("\n")}\n`);
}
beforeAll(() => {
  writeLines("few", 10, 0);
  writeLines("many", 60, 100);
});

const indexOf = (name: string) => indexSource({ path: join(root, name), split: undefined });
const input = (name: string, reader?: Reader): BatchInput => ({
  name,
  element: "i32",
  shape: [{ name: "B", size: batch }],
  reader,
});
const distinct = input("sign", { name: "key", args: { distinct: true } });
const each = (count: number) => input("sign", { name: "key", args: { each: count } });

function open(weights: Readonly<Record<string, number>>, inputs = [input("label")]): DataBatches {
  const sources = Object.entries(weights).map(([name, weight]) => ({
    index: indexOf(name),
    weight,
  }));
  const indexes = sources.map(({ index }) => index);
  const groups = wantedGroups(inputs, indexes);
  const none = { tokenizer: undefined, questionTokenizer: undefined, workers: 0, badRecords: 0 };
  return DataBatches.open(inputs, { sources, groups, seed: 5, batch, ...none });
}

async function columnOf(source: DataBatches, name: string, batches: readonly number[]) {
  const found: number[] = [];
  for (const n of batches) {
    const { inputs } = await source.read({ samples: n * batch });
    found.push(...(inputs[name]?.data ?? []));
  }
  source.close();
  return found;
}
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe("several data sets", () => {
  test("give samples by their weights, and the records of each in turn", async () => {
    const labels = await columnOf(open({ few: 1, many: 3 }), "label", upTo(32));
    const few = labels.filter((label) => label < 100);
    const many = labels.filter((label) => label >= 100);
    expect([few.length, many.length]).toEqual([64, 192]);
    for (const [own, size] of [
      [few, 10],
      [many, 60],
    ] as const)
      for (let from = 0; from + size <= own.length; from += size)
        expect(new Set(own.slice(from, from + size)).size).toBe(size);
  });

  test("are gone on with from any sample", async () => {
    const whole = await columnOf(open({ few: 1, many: 3 }), "label", upTo(8));
    expect(await columnOf(open({ few: 1, many: 3 }), "label", [5, 6, 7])).toEqual(
      whole.slice(5 * batch),
    );
  });

  test("need what the inputs do in each of them", () => {
    mkdirSync(join(root, "texts"));
    writeFileSync(join(root, "texts", "captions.jsonl"), '{"text": "a"}\n');
    expect(() => open({ few: 1, texts: 1 })).toThrow(/needs the column `label`.*texts/);
  });
});

describe("batches of distinct keys", () => {
  test("have no key twice, and all keys in an epoch", async () => {
    const labels = await columnOf(open({ many: 1 }, [input("label"), distinct]), "label", upTo(30));
    const keys = labels.map((label) => Math.floor((label - 100) / 2));
    for (const n of upTo(30))
      expect(new Set(keys.slice(n * batch, (n + 1) * batch)).size).toBe(batch);
    expect(new Set(keys.slice(0, 30)).size).toBe(30);
    // Two epochs have both records of each key.
    expect(new Set(labels.slice(0, 60)).size).toBe(60);
  });

  test("are not made of too few keys, or of several data sets", () => {
    expect(() => open({ few: 1 }, [distinct])).toThrow(/has 5 different keys, too few .* of 8/);
    expect(() => open({ few: 1, many: 1 }, [distinct])).toThrow(/there are several/);
  });

  test("have so many samples of each key as the stage says", async () => {
    const labels = await columnOf(open({ many: 1 }, [input("label"), each(2)]), "label", upTo(15));
    const keys = labels.map((label) => Math.floor((label - 100) / 2));
    for (const n of upTo(15)) {
      const own = keys.slice(n * batch, (n + 1) * batch);
      expect(own.filter((key, place) => key !== own[place - (place % 2)])).toEqual([]);
      expect(new Set(own).size).toBe(batch / 2);
    }
    // An epoch has 30 keys with both of their records.
    expect(new Set(labels.slice(0, 60)).size).toBe(60);
  });

  test("say what is wrong with the count", () => {
    expect(() => open({ many: 1 }, [each(3)])).toThrow(/8 samples do not hold 3 of each key/);
    expect(() => open({ few: 1 }, [each(2)])).toThrow(/5 different keys, too few .* 2 samples of/);
    expect(() => open({ many: 1 }, [each(0)])).toThrow(/a whole number from 1 on, and here 0/);
    expect(() => open({ many: 1 }, [each(1.5)])).toThrow(/and here 1.5/);
    const both = input("sign", { name: "key", args: { distinct: true, each: 2 } });
    expect(() => open({ many: 1 }, [both])).toThrow(/`distinct: true` is one of each key/);
    expect(() => open({ many: 1 }, [distinct, { ...each(2), name: "other" }])).toThrow(
      /`sign` wants 1 of each key, and this 2/,
    );
  });
});
