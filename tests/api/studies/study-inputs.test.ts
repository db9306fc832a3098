import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { StudyInputs } from "../../../compiler/api/studies/folder/study-inputs.ts";
import { makeCell } from "../../support/studies/make-study.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-inputs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a cell is other work where what its stage starts from is other bytes", () => {
  const path = join(folder, "first.safetensors");
  const cell = makeCell("one", { starts: [`llm=${path}`] });
  const workOf = (bytes: string, training = {}) => {
    writeFileSync(path, bytes);
    return new StudyInputs(training).workOf(cell);
  };
  const first = workOf("one");
  expect(workOf("another")).not.toBe(first);
  expect(workOf("one")).toBe(first);
  // What the command names goes before the stage's line.
  expect(workOf("another", { weights: "random:1" })).toBe(workOf("one", { weights: "random:1" }));
});

test("and where what frozen parts make is kept, or is not", () => {
  const { cost } = makeCell("one");
  const frozen = makeCell("one", { cost: { ...cost, frozen: ["f32[B, D] (a.weft:1)"] } });
  const works = [undefined, true, false].map((keepFrozen) =>
    [frozen, makeCell("one")].map((cell) => new StudyInputs({ keepFrozen }).workOf(cell)),
  );
  const [[usual, plain] = [], [kept, same] = [], [computed, alike] = []] = works;
  expect(kept).toBe(usual);
  expect(computed).not.toBe(usual);
  expect([same, alike]).toEqual([plain, plain]);
});
