import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../../runtime/device/device.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { ids, open } from "../../support/models/generation.ts";
import { openTestDevice, testDrivers } from "../../support/open-test-device.ts";

const [vocab, length, end] = [5, 4, 2];
const start = [1, 3, 4];

describe.each(testDrivers)("beam search on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  test.for([1, 0])(
    "with enough beams finds what an exhaustive search finds, length penalty %s",
    async (lengthPenalty, context) => {
      if (device === undefined) return context.skip();
      const scored = await exhaustive(device, lengthPenalty);
      const inputs = { ids: ids(start) };
      const beams = vocab ** (length - 1);
      const settings = { beams, ends: [end], minNewTokens: 1 };
      const searching = await open(device, { ...opening, inputs, settings });
      const limits = { maxNewTokens: length, lengthPenalty };
      const searched = await searching.search(await searching.read(inputs), limits);
      searching.dispose();
      const found = searched.all[0] ?? [];
      expect(found.length).toBe(beams);
      for (const [n, { tokens, score }] of found.slice(0, 40).entries()) {
        expect(tokens).toEqual(scored[n]?.tokens);
        expect(score).toBeCloseTo(scored[n]?.score ?? 0, 5);
      }
    },
  );

  test("searches for several prompts at once, each as if it were alone", async (context) => {
    if (device === undefined) return context.skip();
    const rows = [start, [1, 4], [1, 3, 3, 4]];
    const settings = { beams: 3, ends: [end], minNewTokens: 2 };
    const limits = { maxNewTokens: 9 };
    const together = await open(device, { ...opening, inputs: { ids: ids(...rows) }, settings });
    const prompt = await together.read({ ids: ids(...rows) });
    const all = await together.search(prompt, limits);
    together.dispose();
    for (const [n, row] of rows.entries()) {
      const inputs = { ids: ids(row) };
      const alone = await open(device, { ...opening, inputs, settings });
      const own = await alone.search(await alone.read(inputs), limits);
      alone.dispose();
      expect(own.best[0]?.tokens).toEqual(all.best[n]?.tokens);
      expect(own.best[0]?.score).toBeCloseTo(all.best[n]?.score ?? 0, 5);
      expect(all.best[n]?.tokens.slice(0, 2)).not.toContain(end);
    }
  }, 120_000);
});

const opening = { set: { Vocab: vocab, depth: 2 }, weights: "random:8" };

/** The score of every sequence there is, from the logits of the same steps, the best first. */
async function exhaustive(device: Device, lengthPenalty: number) {
  const all = everySequence(length).filter(([first]) => first !== end);
  const inputs = { ids: ids(...all.map(() => start)) };
  const settings = { keepLogits: true };
  const { session, ...generator } = await openRows(device, inputs, settings);
  const scores = all.map(() => 0);
  const prompt = await generator.read(inputs);
  const call = { immediates: { seed: 0, step: 0 }, read: ["logits"] };
  let outputs = await session.step(prompt.step, prompt.inputs, call);
  for (let n = 0; n < length; n++) {
    const { data = [] } = outputs.logits ?? {};
    for (const [row, tokens] of all.entries()) {
      const token = tokens[n];
      if (token === undefined) continue;
      const logits = [...data.slice(row * vocab, (row + 1) * vocab)];
      const norm = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
      scores[row] = (scores[row] ?? 0) + (logits[token] ?? 0) - norm;
    }
    const tokens = Int32Array.from(all, (one) => one[n] ?? 0);
    const token: Tensor = { element: "i32", shape: [all.length], data: tokens };
    outputs = await session.step("decode", { token }, call);
  }
  session.dispose();
  return all
    .map((tokens, row) => ({ tokens, score: (scores[row] ?? 0) / tokens.length ** lengthPenalty }))
    .sort((a, b) => b.score - a.score);
}

async function openRows(
  device: Device,
  inputs: Readonly<Record<string, Tensor>>,
  settings: { readonly keepLogits: boolean },
) {
  const generator = await open(device, { ...opening, inputs, settings });
  const read = (given: typeof inputs) => generator.read(given);
  return { session: generator.session, read };
}

/** All sequences that end with `end`, or are as long as they may be. */
function everySequence(most: number): readonly number[][] {
  if (most === 0) return [[]];
  return [...Array(vocab).keys()].flatMap((token) =>
    token === end ? [[token]] : everySequence(most - 1).map((rest) => [token, ...rest]),
  );
}
