import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { trainTokenizer } from "../../support/models/train-tokenizer.ts";

const root = join(import.meta.dirname, "..", "..", "..");
const path = join(root, "examples/tokenizer.model");

/** With six added tokens it fits a vocabulary of 512, as the tiny language models have it. */
const size = 500;

// To make it anew after a change of the corpus, delete the file and run this test.
test("examples/tokenizer.model is what its corpus teaches", () => {
  const corpus = readFileSync(join(root, "tests/samples/tokenizer/corpus.txt"), "utf8");
  const trained = Buffer.from(trainTokenizer(corpus, size));
  if (!existsSync(path)) writeFileSync(path, trained);
  expect(readFileSync(path).equals(trained)).toBe(true);
});
