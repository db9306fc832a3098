import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Tensor } from "../../runtime/tensor.ts";
import { readHeaders } from "../../runtime/weights/checkpoint.ts";
import { parseWeightSource } from "../../runtime/weights/weight-source.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-sources-"));
afterAll(() => rmSync(folder, { recursive: true }));

const value: Tensor = { element: "f32", shape: [1], data: Float32Array.of(1) };
const whole = join(folder, "whole.safetensors");
const part = join(folder, "part.safetensors");
writeSafetensors(whole, { "vision.a": value, "llm.b": value });
writeSafetensors(part, { c: value, "old.d": value });

function keysOf(...given: string[]): string[] {
  const source = parseWeightSource(given);
  if (source.kind === "random") throw new Error("these are files");
  return Object.keys(readHeaders(source).tensors).toSorted();
}

test("a weight source is a seed or a path", () => {
  expect(parseWeightSource("random:7")).toEqual({ kind: "random", seed: 7 });
  expect(parseWeightSource("weights/random")).toEqual({
    kind: "checkpoint",
    path: "weights/random",
    files: [{ path: "weights/random", prefix: "", below: undefined }],
  });
  const badValue = expect.objectContaining({ code: "bad-value" });
  expect(() => parseWeightSource("random:7.5")).toThrow(badValue);
  expect(() => parseWeightSource(["random:7", "llm=a"])).toThrow(badValue);
});

test("a part is what a file has below its name, or below the name that is said, or all of it", () => {
  expect(keysOf(`vision=${whole}`, `head=${part}:old`)).toEqual(["head.d", "vision.a"]);
  expect(keysOf(`head=${part}`)).toEqual(["head.c", "head.old.d"]);
  expect(keysOf(`other=${whole}`)).toEqual(["other.llm.b", "other.vision.a"]);
});

test("two files that give one key are a fault", () => {
  const badValue = expect.objectContaining({ code: "bad-value" });
  expect(() => keysOf(`vision=${whole}`, `vision=${whole}`)).toThrow(badValue);
});

test("the folder of a run is its latest checkpoint, or its best, with means where it has any", () => {
  const run = join(folder, "run");
  const at = (step: number, ...names: string[]): string[] =>
    names.map((name) => join(run, "checkpoints", `step-${step}`, `${name}.safetensors`));
  for (const step of [3, 8]) {
    mkdirSync(join(run, "checkpoints", `step-${step}`), { recursive: true });
    writeSafetensors(at(step, "weights")[0] ?? "", { a: value, frozen: value });
  }
  writeSafetensors(at(8, "ema")[0] ?? "", { a: value, step: value });
  writeFileSync(join(run, "latest"), "step-8\n");
  writeFileSync(join(run, "best"), "step-3\n");
  const filesOf = (given: string) => {
    const source = parseWeightSource(given);
    return source.kind === "random" ? [] : source.files.map(({ path }) => path);
  };
  const latest = at(8, "weights", "ema");
  expect(filesOf(run)).toEqual(latest);
  expect(filesOf(join(run, "latest"))).toEqual(latest);
  expect(filesOf(join(run, "best"))).toEqual(at(3, "weights"));
  expect(filesOf(join(run, "checkpoints", "step-3"))).toEqual(at(3, "weights"));
  const [plain = ""] = at(8, "weights");
  expect(filesOf(plain)).toEqual([plain]);
  expect(keysOf(run)).toEqual(["a", "frozen"]);
  expect(keysOf(`llm=${join(run, "best")}`)).toEqual(["llm.a", "llm.frozen"]);
  writeFileSync(join(run, "best"), "../../elsewhere\n");
  const damaged = expect.objectContaining({ code: "run-damaged" });
  expect(() => filesOf(join(run, "best"))).toThrow(damaged);
});
