import { describe, expect, test } from "vitest";
import { firstValuesOf } from "../support/models/first-values.ts";
import { internvlFile, internvlSet, modeOf } from "../support/models/small-internvl.ts";

const usual = 0.02;
const wide = 0.08;

/** Parameters of these are embeddings or vectors, whose first values are not those of matrices. */
const apart = /embeddings\.(class|position)_embedding|embed_tokens|text_projection|query_tokens/;

describe("`initializer_range`", () => {
  const modes = ["encode_image_g", "encode_image_c", "encode_text"];
  const plain = firstOf(modes, {});

  test.each([
    ["vision_model", /^vision_model\./],
    ["qllama", /^qllama\./],
    ["clip_projector", /^clip_projector\./],
  ])("of %s is the spread of its matrices, and of nothing else", (part, own) => {
    const set = firstOf(modes, { [`${part}.initializer_range`]: wide });
    expect([...set.keys()]).toEqual([...plain.keys()]);
    const changed = [...set].filter(([path, values]) => {
      const before = plain.get(path) ?? [];
      const isSame = values.every((value, n) => value === before[n]);
      const isWider = values.every((value, n) => isNear(value, (before[n] ?? 0) * (wide / usual)));
      expect(isSame || isWider, path).toBe(true);
      return !isSame;
    });
    const matrices = [...plain.keys()].filter(
      (path) => own.test(path) && !apart.test(path) && isDrawn(plain.get(path) ?? []),
    );
    expect(matrices.length).toBeGreaterThan(3);
    expect(changed.map(([path]) => path).toSorted()).toEqual(matrices.toSorted());
  });
});

/** What each parameter that these modes reach begins with, by path. */
function firstOf(modes: readonly string[], set: Readonly<Record<string, number>>) {
  const found = new Map<string, readonly number[]>();
  for (const name of modes) {
    const mode = modeOf(internvlFile, "InternVL", name, { ...internvlSet, ...set });
    for (const [path, values] of firstValuesOf(mode)) found.set(path, [...values()]);
  }
  return found;
}

const isDrawn = (values: readonly number[]): boolean => new Set(values).size > 1;
const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.abs(b);
