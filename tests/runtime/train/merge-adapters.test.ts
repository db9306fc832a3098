import { expect, test } from "vitest";
import { adapterPlaces } from "../../../runtime/train/adapter-places.ts";
import { mergeAdapters } from "../../../runtime/train/merge-adapters.ts";
import type { KeyPiece } from "../../../runtime/weights/key-pieces.ts";

/** A weight [Out, In] of three rows and two columns with an adapter of rank 1, and how a checkpoint may have the weight. */
const weight = [1, 2, 3, 4, 5, 6];
const [up, down, scale] = [[10, 20, 30], [0.5, 0.25], 2];
const merged = weight.map((value, n) => {
  return value + scale * (up[Math.floor(n / 2)] ?? 0) * (down[n % 2] ?? 0);
});
const whole = (key: string, shape: readonly number[]): KeyPiece => {
  return { key, shape, first: 0, at: 0, count: shape.reduce((a, b) => a * b, 1) };
};

test.each<[string, readonly KeyPiece[], Record<string, number[]>, Record<string, number[]>]>([
  ["as it is", [whole("w", [3, 2])], { w: weight }, { w: merged }],
  [
    "transposed",
    [{ ...whole("w", [2, 3]), transposed: { rows: 2, columns: 3 } }],
    { w: [1, 3, 5, 2, 4, 6] },
    { w: [merged[0], merged[2], merged[4], merged[1], merged[3], merged[5]] as number[] },
  ],
  [
    "in two tensors",
    [whole("a", [1, 2]), { ...whole("b", [2, 2]), first: 2 }],
    { a: weight.slice(0, 2), b: weight.slice(2) },
    { a: merged.slice(0, 2), b: merged.slice(2) },
  ],
  [
    "as the second half of a tensor",
    [{ key: "w", shape: [6, 2], first: 0, at: 6, count: 6 }],
    { w: [0, 0, 0, 0, 0, 7, ...weight] },
    { w: [0, 0, 0, 0, 0, 7, ...merged] },
  ],
])("an adapter is added to a weight that a checkpoint has %s", (_, pieces, file, right) => {
  const place = {
    part: "fc",
    scale,
    weight: pieces,
    up: [whole("up", [3, 1])],
    down: [whole("down", [1, 2])],
    sharedWith: [],
  };
  const all: Record<string, number[]> = { ...file, up, down };
  const { changed, dropped, numbersOf } = mergeAdapters([place], (key) =>
    Float32Array.from(all[key] ?? []),
  );
  expect([...changed]).toEqual(Object.keys(right));
  expect([...dropped]).toEqual(["up", "down"]);
  for (const [key, numbers] of Object.entries(right)) expect([...numbersOf(key)]).toEqual(numbers);
});

test("who else is read from an adapted weight is found", () => {
  const parameter = (path: string, ...sizes: readonly number[]) => ({
    kind: "param" as const,
    path,
    shape: sizes.map((size, n) => ({ name: `A${n}`, size })),
    lifetime: "saved" as const,
    writtenBy: [],
    free: [],
    tensor: 0,
    init: { kind: "float" as const, value: 0 } as never,
    initAxes: [],
  });
  const stored = [
    parameter("head.weight", 4, 2),
    parameter("table", 4, 2),
    parameter("half", 2, 2),
    parameter("head.lora_up.weight", 4, 1),
    parameter("head.lora_down.weight", 1, 2),
  ];
  const read = (parameter: string, source: object) => ({ parameter, source, resample: undefined });
  const checkpoint = {
    layout: "l",
    ignore: [],
    prefix: "",
    reads: [
      read("head.weight", { kind: "key", key: "w" }),
      read("table", { kind: "key", key: "t" }),
      read("half", { kind: "part", key: "w", index: 1, of: 2 }),
    ] as never,
  };
  const shapes = { w: [4, 2], t: [4, 2] };
  const adapters = [{ part: "head", scale: 1 }];
  expect(adapterPlaces({ stored, checkpoint }, adapters, shapes)).toMatchObject([
    { weight: [{ key: "w" }], up: [{ key: "head.lora_up.weight" }], sharedWith: ["half"] },
  ]);
});
