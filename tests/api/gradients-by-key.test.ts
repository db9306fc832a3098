import { expect, test } from "vitest";
import { gradientsByKey } from "../../compiler/api/gradients/gradients-by-key.ts";
import type { CheckpointRead } from "../../compiler/artifact.ts";
import type { StageArtifact } from "../../compiler/stage-artifact.ts";

/** What `gradientsByKey` looks at of a program that trains these parameters. */
function artifactOf(sources: Readonly<Record<string, CheckpointRead["source"]>>): StageArtifact {
  const parameters = Object.keys(sources).map((path) => ({ path, numbers: 6, lr: 1, decay: 0 }));
  const reads = Object.entries(sources).map(([parameter, source]) => {
    return { parameter, source, resample: undefined };
  });
  return { stage: { groups: [{ parameters }] }, checkpoint: { reads } } as unknown as StageArtifact;
}

const tensor = (shape: readonly number[], ...numbers: readonly number[]) => {
  return { element: "f32", shape, data: Float32Array.from(numbers) } as const;
};

test("a key that several parameters are read from gets the sum of their gradients", () => {
  const artifact = artifactOf({ a: { kind: "key", key: "k" }, b: { kind: "key", key: "k" } });
  const outputs = { a: tensor([2], 1, 2), b: tensor([2], 10, 20) };
  expect(gradientsByKey(artifact, outputs, { k: [2] })).toEqual({ k: tensor([2], 11, 22) });
});

test("gradients are put together, taken apart and turned as the file has it", () => {
  const artifact = artifactOf({
    a: { kind: "part", key: "both", index: 0, of: 2 },
    b: { kind: "part", key: "both", index: 1, of: 2 },
    c: { kind: "concat", keys: ["first", "second"] },
    d: { kind: "transpose", key: "turned" },
    e: undefined,
  });
  const outputs = {
    a: tensor([2], 1, 2),
    b: tensor([2], 3, 4),
    c: tensor([3], 5, 6, 7),
    d: tensor([2, 3], 0, 1, 2, 3, 4, 5),
    e: tensor([], 8),
  };
  const shapes = { both: [4], first: [1], second: [2], turned: [3, 2] };
  expect(gradientsByKey(artifact, outputs, shapes)).toEqual({
    both: tensor([4], 1, 2, 3, 4),
    first: tensor([1], 5),
    second: tensor([2], 6, 7),
    turned: tensor([3, 2], 0, 3, 1, 4, 2, 5),
    e: tensor([], 8),
  });
});
