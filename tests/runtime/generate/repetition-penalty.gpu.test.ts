import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../../runtime/device/device.ts";
import { forcedLogits, rowOf } from "../../support/models/forced-logits.ts";
import { collect, ids, open } from "../../support/models/generation.ts";
import {
  chiSquare,
  logSoftmax,
  mostOf,
  penalized,
  warped,
} from "../../support/models/processed-scores.ts";
import { openTestDevice, testDrivers } from "../../support/open-test-device.ts";

const prompts = [
  [1, 17, 300, 42, 5],
  [1, 9, 9],
];
const repetitionPenalty = 1.5;

describe.each(testDrivers)("a repetition penalty on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  test("of greedy decoding takes the largest of the penalised logits", async (context) => {
    if (device === undefined) return context.skip();
    const inputs = { ids: ids(...prompts) };
    const maxNewTokens = 24;
    const decoded = async (penalty: number) => {
      const settings = { ignoreEnd: true, keepLogits: true, repetitionPenalty: penalty };
      const generator = await open(device as Device, { inputs, settings });
      const read = await generator.read(inputs);
      // The second text must not know of the first.
      await collect(generator.generate(read, { maxNewTokens: 3 }));
      const found = await collect(generator.generate(read, { maxNewTokens, keepLogits: true }));
      generator.dispose();
      return found;
    };
    const free = await decoded(1);
    const found = await decoded(3);
    let changed = 0;
    for (const [row, prompt] of prompts.entries()) {
      const tokens = found.sequences[row]?.tokens ?? [];
      expect(tokens).toHaveLength(maxNewTokens);
      for (const [n, token] of tokens.entries()) {
        const logits = rowOf(found.logits[n], row);
        const said = new Set([...prompt, ...tokens.slice(0, n)]);
        const right = penalized(logits, said, 3);
        expect(token).toBe(right.indexOf(Math.max(...right)));
        if (token !== logits.indexOf(Math.max(...logits))) changed += 1;
      }
    }
    // Random weights repeat themselves unless they are kept from it.
    expect(changed).toBeGreaterThan(4);
    expect(found.sequences).not.toEqual(free.sequences);
  });

  test("of sampling draws from the penalised distribution", async (context) => {
    if (device === undefined) return context.skip();
    const vocab = 40;
    const prompt = [1, 17, 30, 17, 22, 5];
    const inputs = { ids: ids(...Array.from({ length: 64 }, () => prompt)) };
    const warping = { temperature: 0.2, topK: 12, topP: 0.95 };
    const settings = { ...warping, ignoreEnd: true, keepLogits: true, repetitionPenalty: 3 };
    const generator = await open(device, { inputs, set: { Vocab: vocab, depth: 1 }, settings });
    const read = await generator.read(inputs);
    const counts = new Map<string, number>();
    let shares = new Map<string, number>();
    for (let seed = 0; seed < 12; seed++) {
      // One text is looked at to its fourth token; of the others the first token is counted.
      const limits = { maxNewTokens: seed === 0 ? 4 : 1, keepLogits: true };
      const { sequences, logits } = await collect(generator.generate(read, limits, seed));
      shares = sharesOf(warped(penalized(rowOf(logits[0], 0), new Set(prompt), 3), warping));
      for (const [row, { tokens }] of sequences.entries()) {
        const first = String(tokens[0]);
        counts.set(first, (counts.get(first) ?? 0) + 1);
        for (const [n, token] of tokens.entries()) {
          const said = new Set([...prompt, ...tokens.slice(0, n)]);
          const left = warped(penalized(rowOf(logits[n], row), said, 3), warping);
          expect(left[token]).toBeGreaterThan(Number.NEGATIVE_INFINITY);
        }
      }
    }
    generator.dispose();
    expect(shares.size).toBeGreaterThan(2);
    const { value, freedom } = chiSquare(counts, shares);
    expect(value).toBeLessThan(mostOf(freedom));
  });

  test("of beams penalises log-probabilities, and goes where the beams go", async (context) => {
    if (device === undefined) return context.skip();
    const [vocab, length, end] = [5, 4, 2];
    const start = [1, 3];
    const opening = { set: { Vocab: vocab, depth: 2 }, weights: "random:8" };
    const all = sequences(vocab, length, end).filter(([first]) => first !== end);
    const raw = await forcedLogits(device, start, all, opening);
    const scored = all
      .map((tokens, row) => {
        const parts = tokens.map((token, n) => {
          const said = new Set([...start, ...tokens.slice(0, n)]);
          return penalized(logSoftmax(raw[n]?.[row] ?? []), said, repetitionPenalty)[token] ?? 0;
        });
        return { tokens, score: parts.reduce((a, b) => a + b, 0) / tokens.length };
      })
      .sort((a, b) => b.score - a.score);
    const inputs = { ids: ids(start) };
    const beams = vocab ** (length - 1);
    const settings = { beams, ends: [end], minNewTokens: 1, repetitionPenalty };
    const generator = await open(device, { ...opening, inputs, settings });
    const found = await generator.search(await generator.read(inputs), { maxNewTokens: length });
    generator.dispose();
    for (const [n, { tokens, score }] of (found.all[0] ?? []).slice(0, 40).entries()) {
      expect(score).toBeCloseTo(scored[n]?.score ?? 0, 5);
      expect(tokens).toEqual(scored[n]?.tokens);
    }
    expect(found.all[0]?.length).toBe(beams);
  });
});

function sharesOf(scores: readonly number[]): Map<string, number> {
  const probabilities = logSoftmax(scores).map(Math.exp);
  return new Map(
    probabilities.flatMap((share, id) => (share > 0 ? [[String(id), share] as const] : [])),
  );
}

/** All sequences that end with `end`, or are as long as they may be. */
function sequences(vocab: number, most: number, end: number): readonly number[][] {
  if (most === 0) return [[]];
  return [...Array(vocab).keys()].flatMap((token) =>
    token === end ? [[token]] : sequences(vocab, most - 1, end).map((rest) => [token, ...rest]),
  );
}
