import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { readStudyResults } from "../../../compiler/api/studies/read-study-results.ts";
import { writeSmallStudy } from "../../support/studies/small-study.ts";

/**
 * 24 cells with three seeds, and four with eight, killed at five random moments and gone on with, beside a study that is left
 * alone. Takes minutes: `WEFT_LARGE_STUDY=1 npx vitest run tests/api/studies/large-study.gpu.test.ts`;
 * `WEFT_LARGE_STUDY=FOLDER` keeps all there.
 */
const asked = env.WEFT_LARGE_STUDY ?? "";
const script = join(import.meta.dirname, "..", "..", "..", "bin", "weft.mjs");

interface Shape {
  readonly cells: number;
  readonly seeds: number;
  readonly set: string;
  /** What the report says of it. */
  readonly finding: RegExp;
}

const shapes: readonly Shape[] = [
  {
    cells: 24,
    seeds: 3,
    set: "set Hidden in [2, 3, 4, 5, 6, 7, 8, 9]\n  set rate in [0.0, 0.125, 0.5]",
    finding: /These 3 seeds support no ranking after correction/,
  },
  {
    cells: 4,
    seeds: 8,
    set: "set Hidden in [2, 16]\n  set rate in [0.0, 0.5]",
    finding: /Ranks tell what is supported: of 6 pairs of cells, [1-6] (is|are) told apart/,
  },
];

test.skipIf(asked === "").each(shapes)(
  "$cells cells x $seeds seeds, killed five times, have the tables of a study left alone",
  { timeout: 3_600_000 },
  async ({ cells, seeds, set, finding }) => {
    const name = `weft-${cells}-by-${seeds}-`;
    const folder = asked === "1" ? mkdtempSync(join(tmpdir(), name)) : join(asked, name);
    mkdirSync(folder, { recursive: true });
    const { file } = writeSmallStudy(folder);
    const text = readFileSync(file, "utf8")
      .replace("set Hidden in [4, 16]", set)
      .replace("seeds 0..2", `seeds 0..${seeds}`);
    writeFileSync(file, text);
    const begun = performance.now();
    expect(await ended(start(folder, file, "alone", []))).toBe(0);
    const aloneMs = performance.now() - begun;
    let kills = 0;
    for (let turn = 0; turn < 5; turn++) {
      const isBegun = existsSync(join(folder, "killed"));
      const child = start(folder, file, "killed", isBegun ? ["--resume"] : []);
      const exit = ended(child);
      // A seventh of the study at most, at a moment that nobody chose: it does not come to its end before.
      await Promise.race([pause(2_000 + (Math.random() * aloneMs) / 7), exit]);
      if (child.exitCode === null) kills += 1;
      child.kill("SIGKILL");
      await exit;
    }
    expect(await ended(start(folder, file, "killed", ["--resume"]))).toBe(0);
    expect(kills).toBe(5);
    const [left, right] = [tables(join(folder, "alone")), tables(join(folder, "killed"))];
    expect(left).toHaveLength(cells);
    expect(left.flatMap(({ runs }) => runs.map(({ state }) => state))).toEqual(
      Array(cells * seeds).fill("done"),
    );
    expect(right).toEqual(left);
    const report = join(folder, "report");
    const told = ["report", join(folder, "killed"), "--format", "md", "--out", report];
    expect(spawnSync(execPath, [script, ...told]).status).toBe(0);
    const page = readdirSync(report).find((one) => one.endsWith(".md")) ?? "";
    expect(readFileSync(join(report, page), "utf8")).toMatch(finding);
    console.log(
      `${cells} cells x ${seeds} seeds, killed ${kills} times: tables equal, ${JSON.stringify(left).length} bytes`,
    );
    if (asked === "1") rmSync(folder, { recursive: true, force: true });
  },
);

function start(folder: string, file: string, out: string, more: readonly string[]): ChildProcess {
  const args = [
    "ablate",
    file,
    "--experiment",
    "widths",
    "--batches",
    join(folder, "sorter.safetensors"),
  ];
  const told = ["--out", join(folder, out), "--device", "lavapipe", "--no-estimate", ...more];
  return spawn(execPath, [script, ...args, ...told], { stdio: ["ignore", "ignore", "inherit"] });
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.on("close", (code) => resolve(code)));
}

/** All but times. */
function tables(out: string) {
  return readStudyResults(out).cells.map(({ cell, runs }) => ({
    cell: cell.name,
    runs: runs.map(({ stepMs: _, history, ...run }) => ({
      ...run,
      history: history.map(({ minutes: __, ...point }) => point),
    })),
  }));
}
