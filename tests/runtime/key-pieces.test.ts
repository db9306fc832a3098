import { expect, test } from "vitest";
import type { CheckpointRead } from "../../compiler/artifact.ts";
import { keyPieces } from "../../runtime/weights/key-pieces.ts";

const shapes = { whole: [2, 3], upper: [1, 3], lower: [2, 3], wide: [3, 2], packed: [3, 2, 3] };

function piecesOf(source: CheckpointRead["source"], shape: readonly number[] = [2, 3]) {
  return keyPieces("path", shape, { parameter: "path", source, resample: undefined }, shapes);
}

test("a parameter lies whole under its key, else under its path", () => {
  const whole = { shape: [2, 3], first: 0, at: 0, count: 6 };
  expect(piecesOf({ kind: "key", key: "whole" })).toEqual([{ key: "whole", ...whole }]);
  expect(piecesOf(undefined)).toEqual([{ key: "path", ...whole }]);
  expect(keyPieces("path", [2, 3], undefined, shapes)).toEqual([{ key: "path", ...whole }]);
});

test("what was resized has its own shape, whatever the file's is", () => {
  const program = {} as NonNullable<CheckpointRead["resample"]>;
  const read = {
    parameter: "path",
    source: { kind: "key", key: "whole" },
    resample: program,
  } as const;
  expect(keyPieces("path", [5, 3], read, shapes)).toEqual([
    { key: "whole", shape: [5, 3], first: 0, at: 0, count: 15 },
  ]);
});

test("the checkpoint of a run has under its path what the first file had not, and a grid in its new size", () => {
  const whole = { first: 0, at: 0, shape: [2, 3], count: 6 };
  expect(piecesOf({ kind: "key", key: "path" })).toEqual([{ key: "path", ...whole }]);
  expect(piecesOf({ kind: "key", key: "whole" }, [5, 3])).toEqual([
    { key: "whole", shape: [5, 3], first: 0, at: 0, count: 15 },
  ]);
  expect(() => piecesOf({ kind: "key", key: "other" })).toThrow("the checkpoint has no other");
});

test("several keys have one stretch each, and a part of a key begins behind those before it", () => {
  expect(piecesOf({ kind: "concat", keys: ["upper", "lower"] }, [3, 3])).toEqual([
    { key: "upper", shape: [1, 3], first: 0, at: 0, count: 3 },
    { key: "lower", shape: [2, 3], first: 3, at: 0, count: 6 },
  ]);
  expect(piecesOf({ kind: "part", key: "packed", index: 2, of: 3 })).toEqual([
    { key: "packed", shape: [3, 2, 3], first: 0, at: 12, count: 6 },
  ]);
});

test("a transposed matrix says how the file has it", () => {
  expect(piecesOf({ kind: "transpose", key: "wide" })).toEqual([
    { key: "wide", shape: [3, 2], first: 0, at: 0, count: 6, transposed: { rows: 3, columns: 2 } },
  ]);
});
