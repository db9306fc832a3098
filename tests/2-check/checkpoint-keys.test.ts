import { describe, expect, test } from "vitest";
import type { CheckpointFile } from "../../compiler/2-check/weights/checkpoint-of.ts";
import { matchSubtree } from "../../compiler/2-check/weights/key-pattern.ts";
import { type ReadModel, readCheckpoint } from "../support/models/read-checkpoint.ts";
import { textLoader } from "../support/texts/check-text.ts";

describe("keys and shapes of a checkpoint", () => {
  const text = (mappings: string | undefined): string => `
import { zeros } from "std/initializers"
import { bicubic } from "std/resample"
model M(depth: int = 1, normed: bool = true) {
  axis D = 4
  axis E = 6
  axis Row = 2
  axis Col = 3
  param a: [D, E] = zeros()
  param b: [E] = zeros()
  param grid: [(Row, Col), D] = zeros()
  param other: [D] = zeros()
  mode forward(x: f32[B, D]) -> [B, E] {
    sum{D}(real(x) * a) + b + sum{Row, Col, D}(grid)
  }
  mode second(x: f32[B, D]) -> [B, D] {
    real(x) + other
  }
}
${mappings === undefined ? "" : `weights w of M {\n${mappings}\n}`}
`;
  const whole = { a: [4, 6], b: [6], grid: [6, 4], other: [4] };
  const found = (
    mappings: string | undefined,
    tensors: Record<string, readonly number[]>,
    config?: unknown,
  ): ReadModel => {
    const checkpoint = {
      config: typeof config === "string" ? config : config && JSON.stringify(config),
      tensors,
    } as CheckpointFile;
    const source = mappings?.includes("bicubic")
      ? text(mappings)
      : text(mappings).replace(/import \{ bicubic.*/, "");
    return readCheckpoint(textLoader({ entry: source }), "entry", "M", "forward", checkpoint);
  };

  test.each<[string, string | undefined, Record<string, readonly number[]>, readonly string[]]>([
    ["paths are keys", undefined, whole, []],
    ["dimensions of size 1 do not count", undefined, { ...whole, b: [1, 6, 1] }, []],
    ["what another mode wants is not unused", 'prefix ""', whole, []],
    ["what no mode wants is", 'prefix ""', { ...whole, extra: [1], more: [1] }, ["key-unused"]],
    ["unless it is ignored", 'ignore "extra"', { ...whole, extra: [1] }, []],
    ["or there is no block", undefined, { ...whole, extra: [1] }, []],
    ["a key that is missing", undefined, { a: [4, 6], b: [6], other: [4] }, ["key-missing"]],
    ["unless it is initialised", "initialise grid", { a: [4, 6], b: [6], other: [4] }, []],
    [
      "what a run began anew, under its path",
      'prefix "net."',
      { "net.a": [4, 6], b: [6], "net.grid": [6, 4], "net.other": [4] },
      [],
    ],
    ["a shape", undefined, { ...whole, a: [6, 4] }, ["shape-mismatch"]],
    ["a transposed shape", 'map a = transpose("a")', { ...whole, a: [6, 4] }, []],
    ["one that is not", 'map a = transpose("a")', whole, ["shape-mismatch"]],
    [
      "pieces one after the other",
      'map b = concat("b.0", "b.1")',
      { a: [4, 6], "b.0": [2], "b.1": [4], grid: [6, 4], other: [4] },
      [],
    ],
    [
      "pieces that are too long",
      'map b = concat("b.0", "b.1")',
      { a: [4, 6], "b.0": [2], "b.1": [5], grid: [6, 4], other: [4] },
      ["shape-mismatch"],
    ],
    [
      "a piece of one",
      'map b = part("both", 1, 2)',
      { a: [4, 6], both: [12], grid: [6, 4], other: [4] },
      [],
    ],
    [
      "a piece of what has none",
      'map b = part("both", 1, 2)',
      { a: [4, 6], both: [11], grid: [6, 4], other: [4] },
      ["shape-mismatch"],
    ],
    [
      "one key for two",
      'map grid = "a"',
      { a: [4, 6], b: [6], other: [4] },
      ["key-used-twice", "shape-mismatch"],
    ],
    [
      "a grid of another size without a rule",
      undefined,
      { ...whole, grid: [24, 4] },
      ["missing-resample"],
    ],
    [
      "a grid of another size",
      "resample grid over Row, Col with bicubic",
      { ...whole, grid: [24, 4] },
      [],
    ],
    [
      "a grid of other proportions",
      "resample grid over Row, Col with bicubic",
      { ...whole, grid: [25, 4] },
      ["shape-mismatch"],
    ],
  ])("%s", (_, mappings, tensors, codes) => {
    expect([...found(mappings, tensors).codes].sort()).toEqual(codes);
  });

  test("some of a list are a pattern of their own", () => {
    const pattern = ["layers", "1..3", "mlp"];
    expect(matchSubtree(pattern, "layers.2.mlp.fc1")).toEqual({ captures: ["2"], rest: ["fc1"] });
    expect(matchSubtree(pattern, "layers.3.mlp.fc1")).toBeUndefined();
    expect(matchSubtree(pattern, "layers.x.mlp.fc1")).toBeUndefined();
  });

  test("a tie is one tensor for two", () => {
    const tied = (line: string): string => `
import { zeros } from "std/initializers"
model T {
  axis D = 4
  param first, second: [D] = zeros()
  mode forward(x: f32[B, D]) -> [B, D] {
    real(x) + first * second
  }
}
weights w of T {
  map first = "shared"
  ${line}
}`;
    const found = (line: string) =>
      readCheckpoint(textLoader({ entry: tied(line) }), "entry", "T", "forward", {
        config: undefined,
        tensors: { shared: [4] },
      });
    expect(found('map second = "shared"').codes).toEqual(["key-used-twice"]);
    const { codes, reads } = found("tie second = first");
    expect(codes).toEqual([]);
    expect(reads?.reads.map(({ source }) => source)).toEqual([
      { kind: "key", key: "shared" },
      { kind: "key", key: "shared" },
    ]);
  });

  test("a config gives values, keeps what it lacks, and tells a spelling", () => {
    const config = 'config "config.json" { depth = "layers.count"\nnormed = "norm"\nE = "width" }';
    const given = found(config, whole, { layers: { count: 3 }, width: 6 });
    expect(given.codes).toEqual([]);
    expect(given.overrides.map(({ path, value }) => [path, value])).toEqual([
      ["depth", 3],
      ["E", 6],
    ]);
    expect(found(config, whole, { layers: { counts: 3 } }).codes).toEqual(["config-missing"]);
    expect(found(config, whole, "no json").codes).toEqual(["config-unreadable"]);
    expect(found(config, whole, { width: "six" }).codes).toEqual(["argument-type"]);
    expect(found(config, { ...whole, a: [4, 7] }, { width: 6 }).codes).toEqual(["shape-mismatch"]);
  });
});
