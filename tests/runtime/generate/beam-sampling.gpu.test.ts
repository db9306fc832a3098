import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../../runtime/device/device.ts";
import { forcedLogits } from "../../support/models/forced-logits.ts";
import { ids, open } from "../../support/models/generation.ts";
import {
  chiSquare,
  drawnSets,
  logSoftmax,
  mostOf,
  penalized,
  warped,
} from "../../support/models/processed-scores.ts";
import { openTestDevice, testDrivers } from "../../support/open-test-device.ts";

describe.each(testDrivers)("beams that are sampled on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  afterAll(() => device?.dispose());

  const vocab = 7;
  const start = [1, 3, 4];
  const opening = { set: { Vocab: vocab, depth: 2 }, weights: "random:8" };
  // Low enough for scores of beams that differ, on which the joint draw depends.
  const warping = { temperature: 0.45, topK: 6, topP: 0.98 };

  test.for([1, 1.5])(
    "have the exact distribution, repetition penalty %s",
    async (penalty, context) => {
      if (device === undefined) return context.skip();
      const beams = 2;
      const pairs = Array.from({ length: vocab }, (_, first) => [first, 0]);
      const [first = [], second = []] = await forcedLogits(device, start, pairs, opening);
      const processed = (logits: readonly number[], before: readonly number[]) =>
        warped(penalized(logSoftmax(logits), new Set([...start, ...before]), penalty), {
          ...warping,
          least: 2,
        });
      const shares = twoSteps(
        processed(first[0] ?? [], []),
        second.map((logits, token) => processed(logits, [token])),
        beams,
      );
      const rows = 64;
      const inputs = { ids: ids(...Array.from({ length: rows }, () => start)) };
      const settings = { ...warping, beams, ignoreEnd: true, repetitionPenalty: penalty };
      const generator = await open(device, { ...opening, inputs, settings });
      const prompt = await generator.read(inputs);
      const counts = new Map<string, number>();
      for (let seed = 0; seed < 24; seed++) {
        const { best } = await generator.search(prompt, { maxNewTokens: 2, seed });
        for (const { tokens } of best) {
          const outcome = tokens.join(" ");
          counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
        }
      }
      generator.dispose();
      expect([...counts.keys()].filter((outcome) => !shares.has(outcome))).toEqual([]);
      const { value, freedom } = chiSquare(counts, shares);
      expect(freedom).toBeGreaterThan(4);
      expect(value).toBeLessThan(mostOf(freedom));
    },
  );

  test("are decided by the seed, and never draw what is suppressed", async (context) => {
    if (device === undefined) return context.skip();
    const end = 2;
    const inputs = { ids: ids(start, [1, 6]) };
    const settings = { temperature: 0.5, beams: 3, ends: [end], minNewTokens: 3 };
    const generator = await open(device, { ...opening, inputs, settings });
    const prompt = await generator.read(inputs);
    const search = (seed: number) => generator.search(prompt, { maxNewTokens: 8, seed });
    const once = await search(1);
    expect(await search(1)).toEqual(once);
    expect(await search(2)).not.toEqual(once);
    for (const hypotheses of once.all) {
      expect(hypotheses.length).toBe(3);
      for (const { tokens } of hypotheses) expect(tokens.slice(0, 3)).not.toContain(end);
    }
    generator.dispose();
  });
});

/**
 * With which probability each pair of tokens is the best of a beam search of two steps that draws
 * `2 * beams` continuations of all beams together and goes on with the best of them.
 */
function twoSteps(
  first: readonly number[],
  second: readonly (readonly number[])[],
  beams: number,
): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  const began = new Map<string, { tokens: readonly number[]; probability: number }>();
  const likeliest = (items: readonly number[], scores: readonly number[], count: number) =>
    [...items].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0)).slice(0, count);
  for (const { items, probability } of drawnSets(first, 2 * beams)) {
    const tokens = likeliest(items, first, beams);
    const key = tokens.join(" ");
    const before = began.get(key)?.probability ?? 0;
    began.set(key, { tokens, probability: before + probability });
  }
  for (const { tokens, probability } of began.values()) {
    const pairs = tokens.flatMap((token) =>
      (second[token] ?? []).map((score, next) => ({
        name: `${token} ${next}`,
        score: (first[token] ?? 0) + score,
      })),
    );
    const scores = pairs.map(({ score }) => score);
    for (const drawn of drawnSets(scores, 2 * beams)) {
      const [best = 0] = likeliest(drawn.items, scores, 1);
      const name = pairs[best]?.name ?? "";
      shares.set(name, (shares.get(name) ?? 0) + probability * drawn.probability);
    }
  }
  return shares;
}
