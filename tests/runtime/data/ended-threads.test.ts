import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pictureBytes } from "../../support/data/write-pictures.ts";

const built = pathToFileURL(join(import.meta.dirname, "..", "..", "..", "dist", "runtime", "data"));
const folder = mkdtempSync(join(tmpdir(), "weft-ended-"));
/** As many as are never all decoded. */
const count = 4000;
beforeAll(async () => {
  const picture = await pictureBytes(1, 96, 96);
  const names = Array.from({ length: count }, (_, n) => `${n}.png`);
  for (const name of names) writeFileSync(join(folder, name), picture);
  const lines = names.map((image) => JSON.stringify({ image, text: image }));
  writeFileSync(join(folder, "captions.jsonl"), `${lines.join("\n")}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Threads are begun, decode pictures, and are ended wherever they are. */
const rounds = 60;
const program = `
import { DataBatches } from "${built}/data-batches.js";
import { indexSource } from "${built}/index-source.js";
const index = indexSource({ path: ${JSON.stringify(folder)}, split: undefined });
const shape = [["B", 32], ["C", 3], ["Y", 32], ["X", 32]].map(([name, size]) => ({ name, size }));
const inputs = [{ name: "pixels", element: "f32", shape, reader: { name: "image", args: {} } }];
for (let round = 0; round < ${rounds}; round++) {
  const given = { sources: [{ index, weight: 1 }], seed: round, batch: 32, workers: 3, badRecords: 0 };
  const batches = DataBatches.open(inputs, given);
  await batches.read({ samples: 0 });
  await new Promise((resolve) => setTimeout(resolve, (round * 7) % 12));
  batches.close();
}
console.log("all ended");
`;

test("threads that are ended while they decode leave the process alive", {
  timeout: 120_000,
}, () => {
  const script = join(folder, "end.mjs");
  writeFileSync(script, program);
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(stdout).toBe("all ended\n");
  expect(status).toBe(0);
});
