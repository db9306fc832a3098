import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, memoryUsage } from "node:process";
import { afterAll, expect, test } from "vitest";
import { DataBatches } from "../../../runtime/data/data-batches.ts";
import { indexSource } from "../../../runtime/data/index-source.ts";
import type { BatchInput } from "../../../runtime/train/batch-source.ts";
import { tarBytes } from "../../support/data/write-pictures.ts";

/** Records in all: `1000000` for the long form, which takes 1 GB of disk. */
const records = Number(env.WEFT_RECORDS ?? 3000);
const perShard = Math.min(10_000, records / 3);
const batch = 500;
const root = mkdtempSync(join(tmpdir(), "weft-many-"));
process.env.WEFT_CACHE = join(root, "cache");
afterAll(() => rmSync(root, { recursive: true, force: true }));

function writeShards(folder: string): void {
  mkdirSync(folder);
  for (let first = 0; first < records; first += perShard) {
    const files: Record<string, Uint8Array> = {};
    for (let n = first; n < Math.min(records, first + perShard); n++)
      files[`${n}.json`] = new TextEncoder().encode(JSON.stringify({ label: n, key: `k${n % 7}` }));
    writeFileSync(join(folder, `train-${String(first).padStart(8, "0")}.tar`), tarBytes(files));
  }
}

test(`${records} records in shards: begun fast, each once an epoch, in even memory`, {
  timeout: 60_000 + records,
}, async () => {
  const path = join(root, "shards");
  writeShards(path);
  const begun = performance.now();
  const index = indexSource({ path, split: "train" });
  const indexed = performance.now() - begun;
  const again = performance.now();
  expect(indexSource({ path, split: "train" }).hash).toBe(index.hash);
  const kept = performance.now() - again;
  const inputs: readonly BatchInput[] = [
    { name: "label", element: "i32", shape: [{ name: "B", size: batch }], reader: undefined },
  ];
  const none = { tokenizer: undefined, questionTokenizer: undefined, workers: 0, badRecords: 0 };
  const source = DataBatches.open(inputs, {
    sources: [{ index, weight: 1 }],
    seed: 3,
    batch,
    ...none,
  });
  const seen = new Uint8Array(records);
  const memory: number[] = [];
  for (let samples = 0; samples < records; samples += batch) {
    const { label } = (await source.read({ samples })).inputs;
    for (const n of label?.data ?? []) seen[n] = (seen[n] ?? 0) + 1;
    // The least of each tenth: what the engine has not yet collected at one moment says nothing.
    const tenth = Math.floor((10 * samples) / records);
    memory[tenth] = Math.min(memory[tenth] ?? Number.POSITIVE_INFINITY, memoryUsage.rss());
  }
  source.close();
  expect(index.size).toBe(records);
  expect(seen.every((count) => count === 1)).toBe(true);
  const [, first = 0, ...later] = memory.filter((bytes) => bytes !== undefined);
  const growth = Math.max(...later) / first;
  console.log(
    `indexed in ${(indexed / 1000).toFixed(2)} s, from the cache in ${(kept / 1000).toFixed(2)} s; memory grew by ${(growth * 100 - 100).toFixed(1)} %`,
  );
  expect(Math.max(indexed, kept)).toBeLessThan(10_000);
  // The heap of a test with few records is what the engine makes of it.
  if (records >= 1_000_000) expect(growth).toBeLessThan(1.1);
});
