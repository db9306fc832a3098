import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "../../compiler/api/library.ts";
import { openTestDevice } from "../support/open-test-device.ts";
import { writeSmallStudy } from "../support/studies/small-study.ts";
import { runWeft } from "../support/texts/run-weft.ts";

const folder = mkdtempSync(join(tmpdir(), "weft-ablate-"));
const root = join(import.meta.dirname, "..", "..");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let isHere = false;
beforeAll(async () => {
  const device = await openTestDevice("lavapipe");
  isHere = device !== undefined;
  device?.dispose();
  const { batches } = writeSmallStudy(folder);
  const { x, wanted } = readSafetensors(batches);
  if (x === undefined || wanted === undefined) throw new Error("no batches");
  const data = Float32Array.from(x.data, Number);
  data[60] = Number.POSITIVE_INFINITY;
  const spoilt = { x: { element: "f32", shape: x.shape, data }, wanted } as const;
  writeSafetensors(join(folder, "spoilt.safetensors"), spoilt);
  // Workers are processes of the built command.
  expect(spawnSync(process.execPath, [join(root, "bin", "build.mjs")]).status).toBe(0);
}, 400_000);

function ablate(...more: readonly string[]) {
  const common = ["--experiment", "widths", "--device", "lavapipe", "--no-estimate"];
  return runWeft(["ablate", "sorter.weft", ...common, ...more], folder);
}

const linesOf = (text: string): readonly Record<string, unknown>[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("weft ablate on lavapipe", () => {
  test("leaves at a budget, goes on with two workers, and has nothing left then", async (context) => {
    if (!isHere) return context.skip();
    const batches = ["--batches", "sorter.safetensors", "--out", "s"];
    const none = await ablate(...batches, "--budget", "0s", "--json");
    expect(none.exitCode, none.stderr).toBe(0);
    const [begin, end] = linesOf(none.stdout);
    expect(begin).toMatchObject({ kind: "begin", study: "widths", out: "s" });
    expect(end).toMatchObject({ kind: "end", complete: false, done: 0, left: 4 });
    const again = await ablate(...batches);
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain("error[study-begun]: `s` holds the study `widths`");
    const rest = await ablate(...batches, "--resume", "--jobs", "2", "--json");
    expect(rest.exitCode, rest.stderr).toBe(0);
    const told = linesOf(rest.stdout);
    expect(told.at(-1)).toMatchObject({ kind: "end", complete: true, done: 4, left: 0 });
    const done = told.filter(({ kind, state }) => kind === "cell" && state === "done");
    expect(done.map(({ cell, seed }) => `${cell}/${seed}`).toSorted()).toEqual([
      "Hidden=16/0",
      "Hidden=16/1",
      "Hidden=4/0",
      "Hidden=4/1",
    ]);
    expect(readdirSync(join(folder, "s")).toSorted()).toEqual(
      ["cells", "plan.json", "study.json", "texts", "workers"].toSorted(),
    );
    const people = await ablate(...batches, "--resume");
    expect(people.stdout).toBe("runs 4 done, 0 failed, 0 stopped, 0 left\nstudy s\n");
  }, 400_000);

  test("says which cells have failed and why, and ends with 1", async (context) => {
    if (!isHere) return context.skip();
    const spoilt = ["--batches", "spoilt.safetensors", "--out", "bad", "--only", "Hidden=4"];
    const { exitCode, stdout, stderr } = await ablate(...spoilt);
    expect(exitCode, stderr).toBe(1);
    expect(stdout).toContain("runs 0 done, 2 failed, 0 stopped, 2 left");
    expect(stderr).toMatch(/Hidden=4, seed 0 has failed: .*step 3/);
    // Of those that were asked for.
    expect(stderr).toMatch(/; 1 of 2 runs/);
    expect(stderr).not.toMatch(/^ +at /m);
  }, 400_000);
});
