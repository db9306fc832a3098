import { type ChildProcess, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
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
 * 24 cells with three seeds, killed at five random moments and gone on with, beside one that is left alone. Takes minutes:
 * `WEFT_LARGE_STUDY=1 npx vitest run tests/api/studies/large-study.gpu.test.ts`; `WEFT_LARGE_STUDY=FOLDER` keeps both there.
 */
const asked = env.WEFT_LARGE_STUDY ?? "";
const script = join(import.meta.dirname, "..", "..", "..", "bin", "weft.mjs");

test.skipIf(asked === "")(
  "24 cells x 3 seeds, killed five times, have the tables of a study left alone",
  {
    timeout: 3_600_000,
  },
  async () => {
    const folder = asked === "1" ? mkdtempSync(join(tmpdir(), "weft-large-study-")) : asked;
    mkdirSync(folder, { recursive: true });
    const { file } = writeSmallStudy(folder);
    const text = readFileSync(file, "utf8")
      .replace(
        "set Hidden in [4, 16]",
        "set Hidden in [2, 3, 4, 5, 6, 7, 8, 9]\n  set rate in [0.0, 0.125, 0.5]",
      )
      .replace("seeds 0..2", "seeds 0..3");
    writeFileSync(file, text);
    const alone = join(folder, "alone");
    expect(await ended(start(folder, file, "alone", []))).toBe(0);
    let kills = 0;
    for (let turn = 0; turn < 5; turn++) {
      const child = start(
        folder,
        file,
        "killed",
        existsSync(join(folder, "killed")) ? ["--resume"] : [],
      );
      const exit = ended(child);
      // A tenth of the study and more each time, at a moment that nobody chose.
      await Promise.race([pause(4_000 + Math.random() * 20_000), exit]);
      if (child.exitCode === null) kills += 1;
      child.kill("SIGKILL");
      await exit;
    }
    expect(await ended(start(folder, file, "killed", ["--resume"]))).toBe(0);
    expect(kills).toBe(5);
    const [left, right] = [tables(alone), tables(join(folder, "killed"))];
    expect(left).toHaveLength(24);
    expect(left.flatMap(({ runs }) => runs.map(({ state }) => state))).toEqual(
      Array(72).fill("done"),
    );
    expect(right).toEqual(left);
    console.log(
      `24 cells x 3 seeds, killed ${kills} times: tables equal, ${JSON.stringify(left).length} bytes`,
    );
    if (asked === "1") rmSync(folder, { recursive: true, force: true });
    else cpSync(file, join(folder, "study.weft"));
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
